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
    hint: '`hearsay verify-store --data DIR` tells what is wrong; `hearsay rebuild-from-peers` or `hearsay restore` make it whole. Nothing was changed.',
  },
  STORE_TOO_NEW: {
    exitCode: 65,
    hint: 'A later version of Hearsay has written this data directory: run that version, or a later one.',
  },
  STORE_FAILED: {
    exitCode: 74,
    hint: 'The disk refuses work (full, failing or read-only). Every acknowledged update is safe; restart when it is mended.',
  },
  STOP_TIMEOUT: {
    exitCode: 75,
    hint: 'Stopping took too long and was cut short; acknowledged updates are safe.',
  },
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
