import type { TokenLedger } from '../workload/token-ledger.ts';
import type { ReplicaCopy } from './replica-copy.ts';
import type { Report } from './violation.ts';

/** Invariant I2: every acknowledged edit is in the replica, and nothing is that nobody wrote. */
export function checkAcknowledged(
  copy: ReplicaCopy,
  ledger: TokenLedger,
  documents: readonly string[],
  report: Report,
): void {
  const byName = new Map([...copy.documents.values()].map((document) => [document.id.name, document]));
  for (const name of documents) {
    const tokens = byName.get(name)?.tokens ?? new Set<string>();
    const lost = ledger.required(name).filter((token) => !tokens.has(token));
    if (lost.length > 0) {
      report(
        'acknowledged',
        `${copy.node} lacks ${lost.length} acknowledged edits of ${name}: ${lost.slice(0, 5).join(', ')}`,
      );
    }
    const unknown = [...tokens].filter((token) => !ledger.wasWritten(token));
    if (unknown.length > 0) {
      report('acknowledged', `${copy.node} has edits of ${name} that nobody wrote: ${unknown.join(', ')}`);
    }
  }
}
