export type { Config } from './config/config.ts';
export { createHearsay, type HearsayOptions } from './embedded/create-hearsay.ts';
export { type FailureCode, failures, HearsayError } from './failures.ts';
export { adminToken } from './http/admin-access.ts';
export type { HearsayNode } from './node.ts';
export type { NodeStatus } from './status.ts';
