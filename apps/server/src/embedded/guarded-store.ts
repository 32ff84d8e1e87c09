import {
  type DocumentId,
  type DocumentKey,
  documentKey,
  err,
  type Life,
  type Result,
  type TaggedError,
  taggedError,
} from '@hearsay/core';
import type { DocumentStore, SubmitReceipt, UpdateOrigin } from '@hearsay/storage';
import type { Log } from '../telemetry/log.ts';
import type { HearsayHooks } from './hooks.ts';

/** A store as writers see it whose updates may be refused. */
export interface GuardedStore extends Pick<DocumentStore, 'read'> {
  submit(
    id: DocumentId,
    update: Uint8Array,
    origin: UpdateOrigin,
    life?: Life,
  ): Promise<Result<SubmitReceipt, TaggedError>>;
}

/** Asks the application before anything is stored; submissions of one document keep their order, however long it thinks. */
export function guardStore(
  store: Pick<DocumentStore, 'read' | 'submit'>,
  { beforeUpdate }: HearsayHooks,
  log: Log,
): GuardedStore {
  if (beforeUpdate === undefined) return store;
  const queues = new Map<DocumentKey, Promise<unknown>>();

  async function whyNot(
    id: DocumentId,
    update: Uint8Array,
    origin: UpdateOrigin,
  ): Promise<string | undefined> {
    const source = origin.kind === 'client' ? 'client' : 'server';
    try {
      return await beforeUpdate?.({ ...id, source, update });
    } catch (error) {
      log.error({ err: error, ...id }, 'beforeUpdate failed: the update is refused');
      return 'it could not be checked';
    }
  }

  return {
    read: (id) => store.read(id),
    submit(id, update, origin, life) {
      const key = documentKey(id);
      const asked = (queues.get(key) ?? Promise.resolve()).then(() => whyNot(id, update, origin));
      const settled = asked.then<Result<SubmitReceipt, TaggedError>>((reason) =>
        reason === undefined
          ? store.submit(id, update, origin, life)
          : err(taggedError('UPDATE_REFUSED', reason)),
      );
      queues.set(key, asked);
      void asked.then(() => {
        if (queues.get(key) === asked) queues.delete(key);
      });
      return settled;
    },
  };
}
