import { documentId } from '@hearsay/core';
import { isReserved } from '../access/reserved.ts';
import type { Config } from '../config/config.ts';
import { resolveConfig } from '../config/resolve.ts';
import { HearsayError } from '../failures.ts';
import { type HearsayNode, startNode } from '../node.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { guardStore } from './guarded-store.ts';
import type { HearsayHooks } from './hooks.ts';
import { OpenDocuments } from './open-documents.ts';
import type { ServerDocument } from './server-document.ts';

/** The settings of a node, each as the command line takes it, where its log goes, and what the application decides. */
export type HearsayOptions = Partial<Config> & HearsayHooks & { readonly log?: Log };

/** A node that runs inside this program. */
export interface Hearsay extends HearsayNode {
  /**
   * Opens a document, begun by its first edit where there is none. It is built in this program: open what is trusted not to be
   * too large for it. Rejects with a {@link HearsayError}.
   */
  openDocument(collection: string, name: string): Promise<ServerDocument>;
}

/**
 * Runs a node inside this program: the same node that `hearsay serve` runs, without environment or file. Rejects with
 * a `HearsayError`, and leaves nothing open then.
 */
export async function createHearsay(options: HearsayOptions = {}): Promise<Hearsay> {
  const { log: given, authorise, beforeUpdate, afterStore, ...settings } = options;
  const config = resolveConfig({ flags: settings, environment: {}, file: undefined });
  const { logLevel: level, logFormat: format } = config;
  const log = given ?? createLog({ level, format, output: process.stderr });
  const hooks: HearsayHooks = {
    ...(authorise && { authorise }),
    ...(beforeUpdate && { beforeUpdate }),
    ...(afterStore && { afterStore }),
  };
  const node = await startNode(config, { log, hooks });
  const { store } = node;
  const guarded = guardStore(store, hooks, log);
  const documents = new OpenDocuments({
    store: {
      lookup: (id) => store.lookup(id),
      read: (id) => store.read(id),
      submit: (...submission) => guarded.submit(...submission),
    },
    onCommit: (listener) => store.onCommit(listener),
    afterStore,
    log,
  });
  return {
    ...node,
    async openDocument(collection, name) {
      const id = documentId(collection, name);
      if (!id.ok) throw new HearsayError('DOCUMENT_NAME_INVALID', id.error.message);
      if (isReserved(collection)) {
        throw new HearsayError('DOCUMENT_NAME_INVALID', `the collection "${collection}" is for nodes alone`);
      }
      return documents.open(id.value);
    },
    async stop() {
      await documents.close();
      await node.stop();
    },
  };
}
