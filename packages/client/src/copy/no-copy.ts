import type { LocalCopy } from './local-copy.ts';

/** Where nothing is kept: a document that lives in memory and on servers. */
export function createNoCopy(): LocalCopy {
  return {
    isDurable: false,
    number: 0,
    load: async () => ({ lineage: { life: 0, cluster: '' }, records: [], unsaved: [] }),
    append: async () => {},
    settle: async () => {},
    remember: async () => {},
    compact: async () => {},
    putAside: async () => {},
    copiesAside: async () => [],
    discardAside: async () => {},
    close: async () => {},
  };
}
