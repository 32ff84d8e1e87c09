import * as Y from 'yjs';

/**
 * What of an update a document has not; undefined where Yjs would throw on the update, possibly half-way through it. Yjs
 * reads all of an update only while it applies it, trips over structs that are partly known, and over what refers to itself.
 */
export function novelPart(update: Uint8Array, doc: Y.Doc): Uint8Array | undefined {
  try {
    const novel = Y.diffUpdate(update, Y.encodeStateVector(doc));
    if (!Y.decodeUpdate(novel).structs.every(refersBack)) return undefined;
    return isIncomplete(doc) && !fits(novel, doc) ? undefined : novel;
  } catch {
    return undefined;
  }
}

/** Whether something in the document waits for what it depends on. */
export function isIncomplete({ store }: Y.Doc): boolean {
  return store.pendingStructs !== null || store.pendingDs !== null;
}

function refersBack(struct: Y.AbstractStruct): boolean {
  if (!(struct instanceof Y.Item)) return true;
  const { id, origin, rightOrigin, parent } = struct;
  const references = [origin, rightOrigin, parent instanceof Y.ID ? parent : null];
  return references.every((to) => to === null || to.client !== id.client || to.clock < id.clock);
}

/** What waits may be freed by the update, and be what Yjs throws on: only trying tells. */
function fits(update: Uint8Array, doc: Y.Doc): boolean {
  const trial = new Y.Doc({ gc: false });
  try {
    Y.applyUpdate(trial, Y.encodeStateAsUpdate(doc));
    Y.applyUpdate(trial, update);
    return true;
  } catch {
    return false;
  } finally {
    trial.destroy();
  }
}
