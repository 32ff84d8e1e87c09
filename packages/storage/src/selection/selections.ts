import type { DocumentStore } from '../store-types.ts';
import { createSelection, type Selection, type SelectionRange } from './selection.ts';

export interface SelectionsOptions {
  /** Selections in use at a time. */
  readonly maxSelections: number;
  /** Selections that nobody uses and that are kept, in case somebody asks again. */
  readonly maxUnused: number;
  /** Documents at the end of a selection's feed; what changed before them is found by a walk. */
  readonly maxFeedDocuments: number;
  /** Documents of one collection below a prefix, about 40 bytes each. */
  readonly maxIndexedDocuments: number;
}

const defaultOptions: SelectionsOptions = {
  maxSelections: 1024,
  maxUnused: 32,
  maxFeedDocuments: 4096,
  maxIndexedDocuments: 262_144,
};

/** The selections of a store, shared by all who ask for the same one. */
export interface Selections {
  /** Undefined when there are too many. To be released once for every time it was acquired. */
  acquire(range: SelectionRange): Selection | undefined;
  release(range: SelectionRange): void;
  /** Stops following the store. */
  close(): void;
}

interface Kept {
  readonly selection: Selection;
  users: number;
}

export function createSelections(
  store: DocumentStore,
  options: SelectionsOptions = defaultOptions,
): Selections {
  /** Those that were released last come last. */
  const kept = new Map<string, Kept>();
  const stopFollowing = store.onCommit((changes) => {
    for (const { selection } of kept.values()) selection.committed(changes);
  });

  function dropUnused(): void {
    const unused = [...kept].filter(([, { users }]) => users === 0);
    for (const [name] of unused.slice(0, Math.max(0, unused.length - options.maxUnused))) kept.delete(name);
  }

  return {
    acquire(range) {
      const name = nameOf(range);
      const known = kept.get(name);
      if (known !== undefined) {
        known.users++;
        return known.selection;
      }
      const inUse = [...kept.values()].filter(({ users }) => users > 0).length;
      if (inUse >= options.maxSelections) return undefined;
      const { outboxHead } = store.status();
      const selection = createSelection(store, range, { outboxHead, ...options });
      kept.set(name, { selection, users: 1 });
      return selection;
    },
    release(range) {
      const name = nameOf(range);
      const known = kept.get(name);
      if (known === undefined) return;
      known.users--;
      if (known.users > 0) return;
      kept.delete(name);
      kept.set(name, known);
      dropUnused();
    },
    close: stopFollowing,
  };
}

function nameOf({ collections, prefix }: SelectionRange): string {
  return JSON.stringify([collections, prefix]);
}
