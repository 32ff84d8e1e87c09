// Stores whose files were harmed, one after the other, in a process of their own: LevelDB ends the process where a key lost its length.
import { isUnreadable } from '../document-records.ts';
import { openNodeStore } from '../node/open-node-store.ts';
import { nodeOptions } from './directories.ts';
import { heal, memoryTwin, requireNoLies } from './twins.ts';

/** What became of a store that lives on with what was done to its files; `ended`: LevelDB ended its process. */
export type FlipOutcome = 'refused' | 'unreadable' | 'healed' | 'unharmed' | 'ended';

for (const directory of process.argv.slice(2)) process.send?.(await liveOn(directory));
process.disconnect?.();

async function liveOn(parent: string): Promise<FlipOutcome> {
  const copy = await memoryTwin();
  const opened = await openNodeStore(nodeOptions(parent));
  if (!opened.ok) {
    const { code, message } = opened.error;
    const refusals: readonly string[] = ['STORE_SHRUNK', 'STORE_EMPTY', 'STORE_MISMATCH', 'STORE_CORRUPT'];
    if (!refusals.includes(code)) throw new Error(`${code}: ${message}`);
    return 'refused';
  }
  const store = opened.value;
  await requireNoLies(store);
  try {
    await heal(store, copy);
  } catch (error) {
    // A damaged key ends all iterators that come past it: such a store is to be built anew from its peers.
    if (!isUnreadable(error)) throw error;
    await requireNoLies(store);
    await store.close();
    return 'unreadable';
  }
  const [mine, theirs] = await Promise.all([store.roots(), copy.roots()]);
  if (JSON.stringify(mine) !== JSON.stringify(theirs)) throw new Error('the two did not become equal');
  if (store.damaged().length > 0) throw new Error('damage was left');
  const { documentsDamaged, recordsDamaged, indexRebuilds, scrubRepairs, logHoles } = store.status().counters;
  await store.close();
  const noticed = documentsDamaged + recordsDamaged + indexRebuilds + scrubRepairs + logHoles;
  return noticed > 0 ? 'healed' : 'unharmed';
}
