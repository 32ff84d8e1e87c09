export type { Config } from './config/config.ts';
export { createHearsay, type Hearsay, type HearsayOptions } from './embedded/create-hearsay.ts';
export type {
  ChangeSource,
  DocumentName,
  HearsayHooks,
  ProposedUpdate,
  StoredUpdate,
} from './embedded/hooks.ts';
export type { DocumentChangeEvent, ServerDocument } from './embedded/server-document.ts';
export { type FailureCode, failures, HearsayError } from './failures.ts';
export { adminToken } from './http/admin-access.ts';
export type { HearsayNode } from './node.ts';
export type { NodeStatus } from './status.ts';
