import type { ReplicaCopy } from './replica-copy.ts';
import type { Report } from './violation.ts';

/** Promise P5 and invariant I7: what is on disk waits for nothing that is not there. */
export function checkNothingPending(copy: ReplicaCopy, report: Report): void {
  for (const { id, pending } of copy.documents.values()) {
    if (pending)
      report('nothing pending', `${copy.node} has stored a part of ${id.name} that depends on more`);
  }
}
