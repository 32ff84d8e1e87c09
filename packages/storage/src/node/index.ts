export { type DirectoryLock, lockDirectory } from './directory-lock.ts';
export { fileSentinel } from './file-sentinel.ts';
export { classicDatabase, type NodeStoreOptions, openNodeStore } from './open-node-store.ts';
