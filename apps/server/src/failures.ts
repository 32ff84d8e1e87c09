/**
 * Everything that can end a node with an error, in one table: a stable code, the exit code of the process (in the manner
 * of sysexits(3)) and what to do about it.
 */
export const failures = {
  USAGE: { exitCode: 64, hint: 'Run the command with --help to see what it takes.' },
  CONFIG_INVALID: {
    exitCode: 78,
    hint: 'Correct the named option; `hearsay serve --help` lists them all.',
  },
  CONFIG_UNKNOWN: {
    exitCode: 78,
    hint: 'Remove or correct the name; `hearsay serve --help` lists all options.',
  },
  CONFIG_UNREADABLE: { exitCode: 66, hint: 'Check the path and the permissions of the file.' },
  TLS_INVALID: {
    exitCode: 78,
    hint: 'Give --tls-cert, --tls-key and --peer-ca files in PEM; the key has to be that of the first certificate.',
  },
  SECRET_MISSING: {
    exitCode: 78,
    hint: 'Give every node of the cluster the same --secret-file; `openssl rand -hex 32` makes a good secret.',
  },
  SECRET_WEAK: {
    exitCode: 78,
    hint: 'Use at least 32 random characters; `openssl rand -hex 32` makes a good secret.',
  },
  PUBLIC_WITHOUT_AUTH: {
    exitCode: 78,
    hint: 'Bind to 127.0.0.1, or pass --allow-anonymous if anybody who reaches this address may read and write.',
  },
  PORT_IN_USE: {
    exitCode: 69,
    hint: 'Stop the other program, or choose another --port (0 picks a free one).',
  },
  PORT_FORBIDDEN: {
    exitCode: 77,
    hint: 'Choose a --port above 1023, or grant the process the right to bind it.',
  },
  HOST_UNAVAILABLE: { exitCode: 68, hint: 'Choose a --host that is an address of this machine.' },
  DATA_DIRECTORY_UNWRITABLE: {
    exitCode: 73,
    hint: 'Choose another --data directory, or make this one writable for the user that runs the node.',
  },
  DISK_FULL: {
    exitCode: 75,
    hint: 'Make room on the disk of --data and start the node again. A node that is running when the disk fills up goes on by itself.',
  },
  DATA_DIRECTORY_LOCKED: {
    exitCode: 75,
    hint: 'Another process has this data directory open: stop it, or choose another --data directory.',
  },
  WRONG_CLUSTER: {
    exitCode: 76,
    hint: 'The data directory belongs to another cluster: correct --cluster, or choose another --data directory.',
  },
  STORE_DAMAGED: {
    exitCode: 65,
    hint: '`hearsay verify-store --data DIR` tells what is wrong; `hearsay rebuild-from-peers` or `hearsay restore` make it whole. Where the last changes or documents are gone, or the database is an older copy, --accept-loss starts it once with what is left, as a new replica. Nothing was changed.',
  },
  REPLICA_TOO_OLD: {
    exitCode: 65,
    hint: 'What was deleted meanwhile would come back with it: run `hearsay rebuild-from-peers`, which keeps the old store aside. Where the whole cluster was away, or this node is the one to go on from, start it once with --accept-absence.',
  },
  STORE_TOO_NEW: {
    exitCode: 65,
    hint: 'A later version of Hearsay has written this data directory: run that version, or a later one.',
  },
  DOCUMENT_NOT_FOUND: {
    exitCode: 66,
    hint: 'Check the name and the --collection; nobody has ever written to this document.',
  },
  NOT_KEPT: {
    exitCode: 66,
    hint: '`hearsay deleted` lists what can be brought back; a backup may hold more.',
  },
  LIFE_CHANGED: {
    exitCode: 65,
    hint: 'The document was deleted or created anew meanwhile: look at it again, `hearsay delete --dry-run` says its life.',
  },
  DOCUMENTS_DAMAGED: {
    exitCode: 65,
    hint: 'Start the node with --join: peers heal what they have. Else `hearsay restore` a backup.',
  },
  STORE_EXISTS: {
    exitCode: 73,
    hint: 'Nothing was changed. Choose another --data directory, or move the store that is there away first.',
  },
  NO_BACKUP_SOURCE: {
    exitCode: 64,
    hint: 'Give the address of a running node with --node, or the directory of a stopped one with --data.',
  },
  BACKUP_DAMAGED: {
    exitCode: 65,
    hint: 'Nothing was changed. Use another copy of the backup, or another backup; do not edit its files.',
  },
  BACKUP_UNSUPPORTED: {
    exitCode: 65,
    hint: 'Nothing was changed. Check that the directory is that of a backup; a later version of Hearsay may have made it.',
  },
  BACKUP_MISMATCH: {
    exitCode: 65,
    hint: 'Nothing was changed. Choose another --out directory: a backup continues what it was begun with.',
  },
  BACKUP_INTERRUPTED: {
    exitCode: 75,
    hint: 'The backup is as it was before this run. Run the command again.',
  },
  BACKUP_INCOMPLETE: {
    exitCode: 65,
    hint: 'The backup is written and can be restored, without the latest of these documents. Heal them, see /api/damaged, and run the command again; or back up another node too.',
  },
  BACKUP_LOCKED: {
    exitCode: 75,
    hint: 'Wait for the other run to end, or choose another --out directory.',
  },
  RESTORE_FAILED: {
    exitCode: 70,
    hint: 'Nothing was left behind. The backup is sound; check disk space, and report this with the backup if it persists.',
  },
  NODE_UNREACHABLE: {
    exitCode: 69,
    hint: 'Check the address and that the node runs: `curl ADDRESS/healthz` answers when it does.',
  },
  NODE_REFUSED: {
    exitCode: 77,
    hint: "Give the secret of the node's cluster with --secret-file or HEARSAY_SECRET.",
  },
  NODE_NOT_READY: {
    exitCode: 75,
    hint: 'Run the command again when the node takes writes: `curl ADDRESS/readyz` says what it waits for.',
  },
  NOT_CONFIRMED: {
    exitCode: 64,
    hint: 'Type the number of documents when asked, or pass --yes; --dry-run says how many there are.',
  },
  DOCUMENTS_LEFT: {
    exitCode: 65,
    hint: 'See what ails them (`/api/damaged`), and run the command again: what is done is skipped.',
  },
  REBUILD_UNFINISHED: {
    exitCode: 75,
    hint: 'The old store is as it was. See that the peers can be reached, and run the command again: it goes on where it was.',
  },
  REBUILD_EMPTY: {
    exitCode: 65,
    hint: 'The old store is as it was. See that --join names nodes which hold the documents; where there really are none any more, add --accept-empty.',
  },
  REBUILD_FEWER: {
    exitCode: 65,
    hint: 'The old store is as it was. That peer may have documents that are damaged (see its /api/damaged: it heals what others send it), or could not be reached; run the command again, or add --accept-fewer to do without the missing ones.',
  },
  UPDATE_REFUSED: { exitCode: 65, hint: 'The beforeUpdate hook does not take it; its message says why.' },
  DOCUMENT_NAME_INVALID: { exitCode: 65, hint: 'Choose another collection or name.' },
  DOCUMENT_DELETED: { exitCode: 66, hint: 'Open the document again to begin it anew.' },
  DOCUMENT_CLOSED: { exitCode: 65, hint: 'Open the document again.' },
  NOT_STORED: {
    exitCode: 74,
    hint: 'Nothing was changed, unless the store became unavailable meanwhile; the status of the node says what ails it.',
  },
  STOPPED: { exitCode: 75, hint: 'It was told to stop. Run the command again to go on.' },
  STORE_FAILED: {
    exitCode: 74,
    hint: 'The disk refuses work (full, failing or read-only). Every acknowledged update is safe; restart when it is mended.',
  },
  STOP_TIMEOUT: {
    exitCode: 75,
    hint: 'Stopping took too long and was cut short; acknowledged updates are safe.',
  },
  TOPOLOGY_INVALID: {
    exitCode: 65,
    hint: 'Correct the file; docs/gossip.md shows what it may say.',
  },
  OUTPUT_UNWRITABLE: {
    exitCode: 73,
    hint: 'Choose another --out directory, or make this one writable.',
  },
  INTERRUPTED: { exitCode: 130, hint: 'What was printed is of what had been done until then.' },
  INTERNAL: { exitCode: 70, hint: 'This is a bug in Hearsay; please report it with the log.' },
} as const;

export type FailureCode = keyof typeof failures;

/** Ends a start or a run with a code from {@link failures}. Its message never holds a secret. */
export class HearsayError extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HearsayError';
    this.code = code;
  }

  get exitCode(): number {
    return failures[this.code].exitCode;
  }

  get hint(): string {
    return failures[this.code].hint;
  }
}

/** Any thrown value as a {@link HearsayError}; what is not one already is a bug of ours. */
export function toHearsayError(error: unknown): HearsayError {
  if (error instanceof HearsayError) return error;
  return new HearsayError('INTERNAL', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
