import { type Digest, type DocumentKey, toHex } from '@hearsay/core';
import { hashCompacted } from '@hearsay/document';
import type { DatabaseHandle } from './database-handle.ts';
import type { LoadedDocument } from './document-loader.ts';
import { phaseOf } from './document-state.ts';
import { leafOf } from './index-leaf.ts';
import { afterDocument, documentKeyBytes } from './keys.ts';
import type { ContentEntry, ContentsPage } from './replica.ts';
import { nextDocument } from './scrub-documents.ts';
import type { CompactPort } from './store-types.ts';

/** What documents contain, for comparing it with a peer's copies of the same version. */
export interface ContentCheck {
  contents(after: DocumentKey | null, maxDocuments: number): Promise<ContentsPage>;
  conflicting(entries: readonly ContentEntry[]): Promise<readonly DocumentKey[]>;
}

export interface ContentCheckDeps {
  readonly handle: DatabaseHandle;
  loadContents(key: DocumentKey): Promise<LoadedDocument>;
  isQuarantined(key: DocumentKey): boolean;
  readonly compact: CompactPort;
  /** Bytes of the stored log: larger documents are left out. */
  readonly maxBytes: number;
}

export function createContentCheck(deps: ContentCheckDeps): ContentCheck {
  const { handle } = deps;

  /** Undefined where there is nothing to compare. */
  async function entryOf(key: DocumentKey, version?: Digest): Promise<ContentEntry | undefined> {
    if (deps.isQuarantined(key)) return undefined;
    const loaded = await deps.loadContents(key);
    if (loaded.kind !== 'whole' || phaseOf(loaded.state) !== 'live') return undefined;
    const { state, updates } = loaded;
    const present = leafOf(state);
    if (present === null || (version !== undefined && present !== version)) return undefined;
    if (state.snapshotBytes + state.tailBytes > deps.maxBytes) return undefined;
    const built = await deps.compact(key, updates).catch(() => undefined);
    // Of what was only merged the same contents have many encodings.
    if (!built?.ok || built.value.isMergedOnly === true) return undefined;
    return {
      key,
      version: present,
      content: toHex(hashCompacted(built.value.state).subarray(0, 16)) as Digest,
    };
  }

  return {
    async contents(after, maxDocuments) {
      const entries: ContentEntry[] = [];
      let from = after === null ? new Uint8Array(16) : afterDocument(documentKeyBytes(after));
      let last: DocumentKey | null = null;
      for (let looked = 0; looked < maxDocuments && from !== undefined; looked++) {
        const found = await nextDocument(handle, from);
        if (found === undefined) return { entries, next: null };
        last = found.key;
        from = found.next.byteLength === 16 ? found.next : undefined;
        const entry = await entryOf(found.key);
        if (entry !== undefined) entries.push(entry);
      }
      return { entries, next: from === undefined ? null : last };
    },
    async conflicting(entries) {
      const keys: DocumentKey[] = [];
      for (const { key, version, content } of entries) {
        const mine = await entryOf(key, version);
        if (mine !== undefined && mine.content !== content) keys.push(key);
      }
      return keys;
    },
  };
}
