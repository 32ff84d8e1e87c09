import { type Digest, type DocumentId, type DocumentKey, err, type Life } from '@hearsay/core';
import {
  admitUpdate,
  coversVersion,
  emptyVersion,
  mergeUpdates,
  mergeVersions,
  type Version,
} from '@hearsay/document';
import { certificateDigest, clientsDigest, mergeCertificates } from './certificates.ts';
import { type BatchOperation, del } from './database.ts';
import type { DatabaseHandle } from './database-handle.ts';
import { loadDocument } from './document-loader.ts';
import { documentRecordKeys } from './document-records.ts';
import { type DocumentState, decideCertificate, decideLife } from './document-state.ts';
import { documentDamaged, lifeEnded, storeBusy } from './errors.ts';
import { createExclusive } from './exclusive.ts';
import { feedKey, nameKey } from './keys.ts';
import { beginLife, endedState } from './life-changes.ts';
import type { OpenDocument, OpenDocuments } from './open-documents.ts';
import { bare, endingIn, headOf, isOfLife, type Remains, restOf, withRest } from './remains.ts';
import type { DeathCertificate } from './replica.ts';
import type { UpdateOrigin } from './store-types.ts';
import { type DamagedChanges, queueChange, type Submissions, type SubmitOutcome } from './submissions.ts';
import type { WriteLoop } from './write-loop.ts';
import type { News } from './write-task.ts';

export interface HealingDeps {
  readonly handle: DatabaseHandle;
  documents(): OpenDocuments;
  loop(): WriteLoop;
  /** For what came while the document was healed by something else. */
  submissions(): Submissions;
  readonly maxRebuildBytes: number;
}

export interface Healing extends DamagedChanges {
  /** What has come of a damaged document so far, to be told to peers; undefined when nothing has. */
  progress(key: DocumentKey): Progress | undefined;
  /** A peer has sent all it has: what has come is the whole, as far as it exists. False when nothing had come. */
  finish(document: OpenDocument, origin: UpdateOrigin): Promise<boolean>;
  /** Takes what can be read of a damaged document for the whole; false when nothing can. */
  salvage(document: OpenDocument, id: DocumentId): Promise<boolean>;
}

/** As of a description; without a version where only the end of a life has come. */
export interface Progress {
  readonly life: Life;
  readonly version: Version | null;
  readonly ended: Digest | null;
}

/** A fresh copy on its way here, in memory: what is lost in a restart is sent again. */
interface Rebuild {
  readonly id: DocumentId;
  /** Of the updates; 0: none has come. */
  readonly life: Life;
  version: Version;
  readonly updates: Uint8Array[];
  /** How lives before it ended, as far as that has come. */
  ended: DeathCertificate | null;
}

/**
 * Puts damaged documents together again from what peers send, beginning with nothing: a damaged document is described to
 * them as what has come of it so far. It is whole when the fresh copy has everything that the damaged one is known to have
 * had, where that is known; or, since it may have had what no peer ever got, when a peer has sent all that it has. What can
 * still be read is then added. While some of that does not fit the document stays damaged: another peer may have what it
 * builds on, and only an operator may give it up.
 */
export function createHealing(deps: HealingDeps): Healing {
  const rebuilds = new Map<DocumentKey, Rebuild>();
  const exclusive = createExclusive();
  let bytes = 0;

  /** On what is in memory of the document once it is its turn: another object, if it has left the memory meanwhile. */
  function exclusively<T>(
    { key, id }: OpenDocument,
    job: (document: OpenDocument) => Promise<T> | T,
  ): Promise<T> {
    return exclusive.run(() => deps.documents().use(key, job, id));
  }

  function discard(key: DocumentKey): void {
    for (const update of rebuilds.get(key)?.updates ?? []) bytes -= update.byteLength;
    rebuilds.delete(key);
  }

  /** What comes of a life goes on in it; of what came of lives before it only their ends are of use. */
  function rebuildOf(key: DocumentKey, id: DocumentId, life: Life): Rebuild {
    const known = rebuilds.get(key);
    if (known !== undefined && known.life >= life) return known;
    discard(key);
    return { id, life, version: emptyVersion, updates: [], ended: known?.ended ?? null };
  }

  async function readRemains(document: OpenDocument): Promise<Remains> {
    const { damage } = document;
    return deps.handle.read(async (database) => {
      const loaded = await loadDocument(database, document.keyBytes, 'contents', deps.handle.pace);
      const keys = [...(await documentRecordKeys(database, document.keyBytes))];
      const head = headOf(loaded);
      // The quarantine may not have known where the document stood in the feed.
      if (head !== undefined) keys.push(feedKey(head.feedSequence));
      return { rest: restOf(loaded, damage), keys };
    });
  }

  async function collect(
    document: OpenDocument,
    id: DocumentId,
    update: Uint8Array,
    origin: UpdateOrigin,
    life: Life,
  ): Promise<SubmitOutcome> {
    const reason = document.damage?.reason ?? 'CHECKSUM';
    const { rest, keys } = await readRemains(document);
    if (life < rest.state.life || (life === rest.state.life && rest.state.certificate !== null)) {
      return err(lifeEnded(life));
    }
    const rebuild = rebuildOf(document.key, id, life);
    if (rebuild.life > life || (rebuild.ended?.life ?? 0) >= life) return err(lifeEnded(life));
    const admission = admitUpdate(update, rebuild.version);
    if (!admission.ok) {
      const early = admission.error.code === 'UPDATE_MISSING_DEPENDENCIES';
      return early ? err(documentDamaged(reason)) : admission;
    }
    if (admission.value.kind === 'novel') {
      if (bytes + update.byteLength > deps.maxRebuildBytes) return err(storeBusy());
      rebuild.updates.push(admission.value.update);
      rebuild.version = admission.value.version;
      bytes += admission.value.update.byteLength;
      rebuilds.set(document.key, rebuild);
    }
    const covers = !isOfLife(rest, life) || (rest.isAllKnown && coversVersion(rebuild.version, rest.known));
    const whole = covers && decideLife(endingIn(rest, rebuild), life) === 'begin';
    if (rebuild.updates.length === 0 || !whole) return err(documentDamaged(reason));
    return accept(document, rebuild, { rest, keys }, origin);
  }

  function accept(
    document: OpenDocument,
    rebuild: Rebuild,
    remains: Remains,
    origin: UpdateOrigin,
  ): Promise<SubmitOutcome> {
    const { id, life } = rebuild;
    const { rest } = remains;
    const fresh = withRest(rebuild, isOfLife(rest, life) ? rest.readable : []);
    if (fresh.loose > 0) return Promise.resolve(err(documentDamaged(document.damage?.reason ?? 'CHECKSUM')));
    const queued = endingIn(rest, rebuild);
    return replace(document, id, life, origin, { ...remains, rest: { ...rest, state: queued } }, fresh);
  }

  async function finish(document: OpenDocument, origin: UpdateOrigin): Promise<boolean> {
    const rebuild = rebuilds.get(document.key);
    if (rebuild === undefined) return false;
    const remains = await readRemains(document);
    if (rebuild.updates.length > 0) return (await accept(document, rebuild, remains, origin)).ok;
    // All that there is of a document of which nobody here knew anything is its end.
    const { id, ended } = rebuild;
    if (ended === null || remains.rest.state.life > 0) return false;
    return (await end(document, id, ended, remains, origin)).ok;
  }

  /** Puts one update in place of all that is there. */
  function replace(
    document: OpenDocument,
    id: DocumentId,
    life: Life,
    origin: UpdateOrigin,
    { rest, keys }: Remains,
    fresh: { readonly version: Version; readonly updates: readonly Uint8Array[] },
  ): Promise<SubmitOutcome> {
    discard(document.key);
    const merged = mergeUpdates(fresh.updates);
    const gone = { key: document.key, keyBytes: document.keyBytes, queued: bare(rest.state) };
    const begun = beginLife(gone, id, life, merged, fresh.version);
    const operations = [...keys.map(del), ...begun.operations];
    const news = { origin, update: merged, certificate: null };
    return queue(document, id, begun.after, operations, news);
  }

  /** It may have left the memory while the disk was read: what is there now is to know that it is whole. */
  function queue(
    { key }: OpenDocument,
    id: DocumentId,
    after: DocumentState,
    operations: readonly BatchOperation[],
    news: News,
  ): Promise<SubmitOutcome> {
    const change = (document: OpenDocument): SubmitOutcome | Promise<SubmitOutcome> =>
      document.damage === null
        ? err(storeBusy())
        : queueChange(deps.loop(), document, id, after, operations, news, { heals: true });
    return deps.documents().use(key, change, id);
  }

  /** For want of peers: what has come and what can be read is taken for the whole. */
  async function takeRemains(document: OpenDocument, id: DocumentId): Promise<boolean> {
    const remains = await readRemains(document);
    const { rest } = remains;
    if (rest.state.certificate !== null) return false;
    const come = rebuilds.get(document.key);
    const begun = come !== undefined && isOfLife(rest, come.life) ? come : undefined;
    const fresh = withRest(begun ?? { version: emptyVersion, updates: [] }, rest.readable);
    if (fresh.updates.length === 0) return false;
    const life = Math.max(rest.state.life, begun?.life ?? 0, 1);
    const state = endingIn(rest, { life, ended: come?.ended ?? null });
    const ended = { ...remains, rest: { ...rest, state } };
    return (await replace(document, id, life, { kind: 'local' }, ended, fresh)).ok;
  }

  /** Of a document whose life cannot be read, or is a later one, an end is kept until more has come. */
  async function hear(
    document: OpenDocument,
    id: DocumentId,
    heard: DeathCertificate,
    origin: UpdateOrigin,
  ): Promise<SubmitOutcome> {
    const remains = await readRemains(document);
    const { state } = remains.rest;
    if (state.life > 0 && heard.life >= state.life) return end(document, id, heard, remains, origin);
    if (state.certificate !== null) return end(document, id, state.certificate, remains, origin);
    const rebuild = rebuildOf(document.key, id, 0);
    if (rebuild.life > 0 && heard.life >= rebuild.life) return end(document, id, heard, remains, origin);
    rebuild.ended = rebuild.ended === null ? heard : mergeCertificates(rebuild.ended, heard);
    rebuilds.set(document.key, rebuild);
    return err(documentDamaged(document.damage?.reason ?? 'CHECKSUM'));
  }

  function end(
    document: OpenDocument,
    id: DocumentId,
    heard: DeathCertificate,
    { rest, keys }: Remains,
    origin: UpdateOrigin,
  ): Promise<SubmitOutcome> {
    const come = rebuilds.get(document.key);
    // Whoever is known to have written in what is over is remembered.
    const version = mergeVersions(
      rest.known,
      come !== undefined && come.life <= heard.life ? come.version : emptyVersion,
    );
    const known = { ...rest.state, version };
    const holds = decideCertificate(known, heard, 'succeeded')?.certificate ?? heard;
    discard(document.key);
    const operations: BatchOperation[] = [...keys.map(del), del(nameKey(id.collection, id.name))];
    const news = { origin, update: null, certificate: holds };
    return queue(document, id, endedState(bare(rest.state), holds), operations, news);
  }

  return {
    async update(document, id, update, origin, life) {
      const reason = document.damage?.reason ?? 'CHECKSUM';
      // Only a peer has the whole document; a client's edit builds on what is damaged.
      if (origin.kind !== 'peer' || life === undefined) return err(documentDamaged(reason));
      const outcome = await exclusively(document, (present) =>
        present.damage === null ? null : collect(present, id, update, origin, life),
      );
      // Healed meanwhile. Not in the job: what is damaged anew comes back here.
      return outcome ?? deps.submissions().update(id, update, origin, life);
    },
    salvage: (document, id) =>
      exclusively(document, async (present) => present.damage !== null && (await takeRemains(present, id))),
    finish: (document, origin) =>
      exclusively(document, async (present) => present.damage !== null && (await finish(present, origin))),
    progress(key) {
      const rebuild = rebuilds.get(key);
      if (rebuild === undefined) return undefined;
      const { life, version, updates, ended } = rebuild;
      if (updates.length > 0) return { life, version, ended: ended && clientsDigest(ended) };
      return ended === null
        ? undefined
        : { life: ended.life, version: null, ended: certificateDigest(ended) };
    },
    async certificate(document, id, heard, origin, standing) {
      const outcome = await exclusively(document, (present) =>
        present.damage === null ? null : hear(present, id, heard, origin),
      );
      return outcome ?? deps.submissions().certificate(id, heard, origin, standing);
    },
  };
}
