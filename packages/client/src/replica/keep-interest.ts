import { utf8Decode, utf8Encode } from '@hearsay/core';
import { covers, type Interest, toInterest } from '@hearsay/gossip-sync';
import type { DocumentStore } from '@hearsay/storage';
import { ReplicaError } from './replica-error.ts';

const interestRecord = 'replica/interest';
const clusterRecord = 'replica/cluster';

type Records = Pick<DocumentStore, 'readState' | 'writeState'>;

/**
 * Compares what is asked for with what the storage was filled for. Everything that the storage holds takes part in comparing,
 * so a narrower interest would never be seen to be equal.
 */
export async function keepInterest(records: Records, interest: Interest): Promise<void> {
  const bytes = await records.readState(interestRecord);
  if (bytes !== undefined) {
    const { collections, prefix } = JSON.parse(utf8Decode(bytes));
    const kept = toInterest(collections, prefix);
    if (kept.ok && !covers(interest, kept.value)) {
      throw new ReplicaError(
        'INTEREST_NARROWED',
        `the storage holds ${kept.value.collections.join(', ')} below "${prefix}", which is not all within what is asked for; use another storage for it`,
      );
    }
  }
  await records.writeState(interestRecord, utf8Encode(JSON.stringify(interest)));
}

/** Which cluster the storage was filled from; remembered at the first welcome. */
export class KnownCluster {
  readonly #records: Records;
  #name: string | undefined;

  private constructor(records: Records, name: string | undefined) {
    this.#records = records;
    this.#name = name;
  }

  static async load(records: Records): Promise<KnownCluster> {
    const bytes = await records.readState(clusterRecord);
    return new KnownCluster(records, bytes === undefined ? undefined : utf8Decode(bytes));
  }

  /** False for another cluster than before: the two would be mixed. */
  accepts(cluster: string): boolean {
    if (this.#name !== undefined) return this.#name === cluster;
    this.#name = cluster;
    void this.#records.writeState(clusterRecord, utf8Encode(cluster)).catch(() => {});
    return true;
  }
}
