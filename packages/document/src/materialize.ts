import * as Y from 'yjs';

/** Yjs could not take stored updates: they are damaged, or nested deeper than its recursion bears. */
export class MaterializeError extends Error {
  override readonly name = 'MaterializeError';
}

/**
 * A document with all of `updates` in it, collected. All at once, in one transaction, so that what comes out depends
 * on the set of updates only. Throws {@link MaterializeError} instead of giving half a document.
 */
export function materialize(updates: readonly Uint8Array[]): Y.Doc {
  const document = new Y.Doc({ gc: true });
  try {
    document.transact((transaction) => {
      for (const update of updates) Y.applyUpdate(document, update);
      // Yjs takes remote formatting as an occasion to delete marks it finds superfluous, in a transaction of its own,
      // and how many depends on what came together. A store has no opinion on that.
      transaction.local = true;
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
