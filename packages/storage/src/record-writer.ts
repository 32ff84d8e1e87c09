import type { BatchOperation } from './database.ts';
import type { WriteLoop } from './write-loop.ts';

/** Writes records of the store's own in the next batch; false when they could not be written. Never rejects. */
export type WriteRecords = (
  operations: readonly BatchOperation[],
  more?: {
    readonly trim?: { readonly entries: number; readonly bytes: number };
    readonly forgotten?: number | undefined;
  },
) => Promise<boolean>;

export function createRecordWriter(loop: WriteLoop): WriteRecords {
  return (operations, { trim, forgotten } = {}) =>
    new Promise((resolve) =>
      loop.push({
        kind: 'records',
        operations,
        bytes: operations.reduce(
          (sum, { key, ...rest }) => sum + key.byteLength + ('value' in rest ? rest.value.byteLength : 0),
          0,
        ),
        trim: trim ?? { entries: 0, bytes: 0 },
        forgotten,
        settle: (outcome) => resolve(outcome.ok),
      }),
    );
}
