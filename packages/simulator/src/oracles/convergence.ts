import { contentHash, documentJson, equalVersions } from '@hearsay/document';
import { type DocumentCopy, type ReplicaCopy, rootsLine } from './replica-copy.ts';
import type { Report } from './violation.ts';

/** Invariant I1: all replicas hold the same documents, by roots, versions, plain content and canonical bytes. */
export function checkConvergence(copies: readonly ReplicaCopy[], report: Report): void {
  const [first, ...others] = copies;
  if (first === undefined) return;
  for (const copy of copies) {
    for (const document of copy.unreadable) report('convergence', `${copy.node} cannot read ${document}`);
  }
  for (const other of others) {
    if (rootsLine(first.roots) !== rootsLine(other.roots)) {
      report(
        'convergence',
        `roots differ: ${first.node} ${rootsLine(first.roots)}, ${other.node} ${rootsLine(other.roots)}`,
      );
    }
    const keys = new Set([...first.documents.keys(), ...other.documents.keys()]);
    for (const key of keys) {
      const mine = first.documents.get(key);
      const theirs = other.documents.get(key);
      const difference = mine && theirs ? compareDocuments(mine, theirs) : 'is there on one of them only';
      if (difference === null) continue;
      const name = (mine ?? theirs)?.id.name ?? key;
      report('convergence', `${name} on ${first.node} and ${other.node} ${difference}`);
    }
  }
}

function compareDocuments(a: DocumentCopy, b: DocumentCopy): string | null {
  if (a.life !== b.life) return `has lives ${a.life} and ${b.life}`;
  if (!equalVersions(a.version, b.version)) return 'has different versions';
  const [mine, theirs] = [JSON.stringify(documentJson(a.updates)), JSON.stringify(documentJson(b.updates))];
  if (mine !== theirs) return `has different content under one version: ${mine} and ${theirs}`;
  if (contentHash(a.updates) !== contentHash(b.updates)) return 'has different bytes under one content';
  return null;
}
