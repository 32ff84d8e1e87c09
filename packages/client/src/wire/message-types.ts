/** Types of messages in the Hocuspocus dialect, version 4, and of ours beside them. */
export const messageTypes = {
  sync: 0,
  awareness: 1,
  auth: 2,
  queryAwareness: 3,
  /** As `sync`, of servers that answer with all at once. */
  syncReply: 4,
  close: 7,
  syncStatus: 8,
  ping: 9,
  pong: 10,
  /** What the dialect lacks: lives of documents, and levels of safety beyond one disk. */
  extension: 64,
} as const;

export const authTypes = { token: 0, permissionDenied: 1, authenticated: 2 } as const;

export const syncSteps = { step1: 0, step2: 1, update: 2 } as const;

export const extensionKinds = { greet: 0, welcome: 1, reset: 2, want: 3, reached: 4 } as const;

/** Version of the extension. */
export const extensionVersion = 1;
