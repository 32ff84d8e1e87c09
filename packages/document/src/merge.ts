import * as Y from 'yjs';
import { emptyUpdate } from './update-writer.ts';

/**
 * Updates merged at once. `Y.mergeUpdates` sorts its inputs again at every step, so its cost is quadratic in their
 * number; a tree is linear but reads each byte once a level. 18,335 updates: 6.7 s flat, 0.08 s at 64 (Node 20).
 */
const arity = 64;

/** One update that says what all of them say. Throws on bytes that no admission has seen. */
export function mergeUpdates(updates: readonly Uint8Array[]): Uint8Array {
  let level = updates;
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += arity) above.push(Y.mergeUpdates(level.slice(i, i + arity)));
    level = above;
  }
  return level[0] ?? emptyUpdate;
}
