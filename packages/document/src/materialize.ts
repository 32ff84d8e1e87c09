import * as Y from 'yjs';

/** Yjs could not take stored updates: they are damaged, or nested deeper than its recursion bears. */
export class MaterializeError extends Error {
  override readonly name = 'MaterializeError';
}

/**
 * A document with all of `updates` in it, collected. In one transaction: after one that changed formatted text, Yjs deletes
 * marks it finds superfluous, and which those are depends on what came together. Text that was not there before the
 * transaction it leaves alone, so what comes out depends on the set of updates only. Throws {@link MaterializeError}
 * instead of giving half a document.
 */
export function materialize(updates: readonly Uint8Array[]): Y.Doc {
  const document = new Y.Doc({ gc: true, guid: '' });
  try {
    document.transact(() => {
      for (const update of updates) Y.applyUpdate(document, update);
    });
  } catch (cause) {
    throw new MaterializeError(`Yjs failed on stored updates: ${describe(cause)}`, { cause });
  }
  if (document.store.pendingStructs !== null || document.store.pendingDs !== null) {
    throw new MaterializeError('stored updates lack something that they depend on');
  }
  return document;
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
