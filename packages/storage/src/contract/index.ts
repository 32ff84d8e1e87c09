import { describe } from 'vitest';
import { contentsContract } from './contents.ts';
import { deletionContract } from './deletion.ts';
import { dormancyContract } from './dormancy.ts';
import { feedContract } from './feed.ts';
import type { CreateFixture } from './fixture.ts';
import { keepingContract } from './keeping.ts';
import { livesContract } from './lives.ts';
import { replicationContract } from './replication.ts';
import { writingContract } from './writing.ts';

export type { CreateFixture, StoreFixture } from './fixture.ts';

/** What every document store has to do, whatever database is below it. */
export function documentStoreContract(name: string, create: CreateFixture): void {
  describe(`document store: ${name}`, () => {
    writingContract(create);
    feedContract(create);
    replicationContract(create);
    deletionContract(create);
    livesContract(create);
    keepingContract(create);
    dormancyContract(create);
    contentsContract(create);
  });
}
