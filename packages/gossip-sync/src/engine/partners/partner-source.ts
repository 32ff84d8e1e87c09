import type { ReplicaId } from '@hearsay/core';

/** Whom to talk to next. Each call draws afresh; machines ask once for every contact they start. */
export interface PartnerSource {
  /** Undefined when nobody can be reached. */
  pick(now: number): ReplicaId | undefined;
}
