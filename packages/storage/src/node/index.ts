export { type BackupManifest, type BackupPart, readManifest } from './backup-manifest.ts';
export { type DirectoryLock, lockDirectory } from './directory-lock.ts';
export { fileSentinel } from './file-sentinel.ts';
export { classicDatabase, type NodeStoreOptions, openNodeStore } from './open-node-store.ts';
export { type CheckedBackup, checkBackup } from './read-backup.ts';
export {
  type Restored,
  type RestoreError,
  type RestoreOptions,
  type RestoreProgress,
  restoredRecord,
  restoreStore,
} from './restore-store.ts';
export { replaceStore, type SetAsideError, setAsideStore } from './set-aside.ts';
export { openStoreView, removeViews, type StoreView, type StoreViewOptions } from './store-view.ts';
export { type Verification, type VerifyOptions, verifyStore } from './verify-store.ts';
export {
  type BackupProgress,
  type BackupSource,
  type BackupWritten,
  type WriteBackupError,
  type WriteBackupOptions,
  writeBackup,
} from './write-backup.ts';
