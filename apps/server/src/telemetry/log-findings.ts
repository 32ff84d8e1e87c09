import type { StoreFinding } from '@hearsay/storage';
import type { Log } from './log.ts';

/** Tells of damage that the store has found, once for each. */
export function logFindings(log: Log): (finding: StoreFinding) => void {
  return (finding) => {
    if (finding.code !== 'DOCUMENT_DAMAGED') {
      log.warn(finding, messages[finding.code]);
      return;
    }
    const { code, key, id, reason } = finding;
    log.warn(
      { code, key, ...id, reason },
      'a document is damaged: it is not served until a peer has sent it anew',
    );
  };
}

const messages: Readonly<Record<Exclude<StoreFinding['code'], 'DOCUMENT_DAMAGED'>, string>> = {
  RECORD_TORN: 'the last write was cut short and is dropped: nobody was told that it was done',
  TAIL_LOST: 'changes that had been written are gone: this node is another replica from now on',
  LOG_HOLE: 'the log of the database has holes: peers and clients give back what is missing, if they have it',
  CHANGES_MISSING:
    'changes are missing from the log of the database; documents may lack them without showing it',
  RECORD_DAMAGED: 'records of the store itself cannot be read; they are made anew',
  INDEX_REBUILT: 'the indexes are built anew from the documents',
};
