import type { Result } from '@hearsay/core';
import type { DocumentStore, StoreOptions } from '../store-types.ts';

/** One place for a store, empty at first. What a closed store held, the next one opened there holds. */
export interface StoreFixture {
  open(
    overrides?: Partial<
      Pick<
        StoreOptions,
        | 'tunables'
        | 'maxDocumentBytes'
        | 'durability'
        | 'compact'
        | 'keepsDeleted'
        | 'certificateMs'
        | 'clock'
      >
    >,
  ): Promise<DocumentStore>;
  dispose(): Promise<void>;
}

export type CreateFixture = () => Promise<StoreFixture>;

/** Runs on a fresh place, which is cleared away in the end. */
export async function withFixture(
  create: CreateFixture,
  run: (fixture: StoreFixture) => Promise<void>,
): Promise<void> {
  const fixture = await create();
  try {
    await run(fixture);
  } finally {
    await fixture.dispose();
  }
}

/** Runs on a fresh store, which is closed in the end. */
export async function withStore(
  create: CreateFixture,
  run: (store: DocumentStore) => Promise<void>,
): Promise<void> {
  await withFixture(create, async (fixture) => {
    const store = await fixture.open();
    await run(store);
    await store.close();
  });
}

/** The value, or a failure of the test that names the error's code. */
export function unwrap<T, E extends { readonly code: string; readonly message: string }>(
  result: Result<T, E>,
): T {
  if (result.ok) return result.value;
  throw new Error(`${result.error.code}: ${result.error.message}`);
}
