export type { ResetReason } from './channel/channel-types.ts';
export type { CopyDatabase } from './copy/database.ts';
export type { CopyAside } from './copy/local-copy.ts';
export { HearsayProvider } from './provider/hearsay-provider.ts';
export { ProviderError, type ProviderErrorCode } from './provider/provider-error.ts';
export type {
  ProviderEvents,
  ProviderOptions,
  ProviderReset,
  SaveOptions,
} from './provider/provider-options.ts';
export type { ProviderState } from './provider/provider-state.ts';
export type { SaveLevel } from './provider/saved-waiters.ts';
