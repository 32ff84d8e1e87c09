/**
 * Raised whenever the shape of a message changes in a way an older node does not read. Both ends say what they speak
 * in their hello; the highest common version is used.
 */
export const protocolVersion = 2;

/** The oldest version still spoken: nodes one version apart work together, so that a cluster is upgraded node by node. */
export const oldestProtocolVersion = 1;

/** What each version brought, and the hash of its schema, which a test compares with the table of messages. */
export const protocolHistory: readonly {
  readonly version: number;
  readonly schema: string;
  readonly brought: string;
}[] = [
  { version: 1, schema: '1dd9ec9951b82d62', brought: 'first version' },
  { version: 2, schema: '30c2fb0b398f5232', brought: 'long frames in parts, ends of lives in descriptions' },
];
