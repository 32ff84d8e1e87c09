import type { DocumentId, DocumentKey } from '@hearsay/core';
import { isUnreadable } from './document-records.ts';
import { createExclusive } from './exclusive.ts';
import { isIndexDamage } from './index-nodes.ts';
import { checkDocument, nextDocument, type ScrubDocumentsDeps } from './scrub-documents.ts';
import { checkNode, type IndexPlace, indexRoots } from './scrub-index.ts';
import { checkNames } from './scrub-names.ts';
import { forgetDigest, releaseSound } from './scrub-quarantine.ts';
import type { ScrubReport } from './store-types.ts';

/** Looks for damage that nobody has asked for yet, a little at a time. */
export interface Scrub {
  step(maxDocuments: number): Promise<ScrubReport>;
}

const start = new Uint8Array(16);
const firstNames = { after: undefined };

/**
 * A round looks at the damaged documents again, reads every other document, then every node of the index: documents against their leaves, nodes against their
 * parents, leaves and names against the documents there are. What is wrong in a document quarantines it; what can be derived
 * from documents (names, feed, index) is written anew.
 */
export function createScrub(deps: ScrubDocumentsDeps): Scrub {
  const exclusive = createExclusive();
  let cursor: Uint8Array | undefined = start;
  let names: { readonly after: Uint8Array | undefined } | undefined = firstNames;
  let places: IndexPlace[] | undefined;
  let quarantined: DocumentKey[] | undefined;

  async function step(maxDocuments: number): Promise<ScrubReport> {
    let documents = 0;
    let damaged = 0;
    let repaired = 0;
    quarantined ??= deps.quarantine.list().map(({ key }) => key);
    for (let left = maxDocuments; left > 0; left--) {
      const again = quarantined.pop();
      if (again !== undefined) {
        if ((await releaseSound(deps, again)) || (await forgetDigest(deps, again))) repaired++;
        continue;
      }
      if (cursor !== undefined) {
        const found = await nextDocument(deps.handle, cursor);
        cursor = found?.next;
        if (found === undefined) continue;
        const verdict = await checkDocument(deps, found.key);
        documents++;
        if (verdict === 'damaged') damaged++;
        if (verdict === 'repaired') repaired++;
        continue;
      }
      if (names !== undefined) {
        const { listed, lost, next } = await checkNames(deps.handle, names.after);
        names = next === undefined ? undefined : { after: next };
        for (const { key, id } of listed) await deps.quarantine.identify(key, id);
        for (const { key, id } of lost) damaged += await miss(key, id);
        continue;
      }
      places ??= [...(await indexRoots(deps.index))];
      const place = places.pop();
      if (place === undefined) {
        names = firstNames;
        places = undefined;
        quarantined = undefined;
        cursor = start;
        return report(documents, damaged, repaired, true);
      }
      const lost = await checkPlace(place);
      if (lost === undefined) repaired++;
      else damaged += lost;
    }
    return report(documents, damaged, repaired, false);
  }

  /** Documents lost; undefined when the index is built anew. */
  async function checkPlace(place: IndexPlace): Promise<number | undefined> {
    const verdict = await checkNode(deps.handle, deps.index, place).catch(unsoundIfDamaged);
    if (!verdict.sound) {
      await deps.index.rebuild();
      places = [];
      return undefined;
    }
    places?.push(...verdict.below);
    let lost = 0;
    for (const key of verdict.lost) lost += await miss(key);
    return lost;
  }

  /** Quarantines a document that ought to be there; gives how many that are. */
  function miss(key: DocumentKey, id?: DocumentId): Promise<number> {
    return deps.documents.use(key, (document) => {
      if (document.stored || document.pending > 0 || document.damage !== null) return 0;
      document.id ??= id;
      // It is counted already.
      document.stored = true;
      deps.quarantine.add(document, { reason: 'LOST', life: 0, tailSequence: 0 });
      return 1;
    });
  }

  function report(documents: number, damaged: number, repaired: number, complete: boolean): ScrubReport {
    deps.count('scrubbedDocuments', documents);
    deps.count('scrubRepairs', repaired);
    return { documents, damaged, repaired, complete };
  }

  return { step: (maxDocuments) => exclusive.run(() => step(maxDocuments)) };
}

function unsoundIfDamaged(error: unknown): Awaited<ReturnType<typeof checkNode>> {
  if (!isIndexDamage(error) && !isUnreadable(error)) throw error;
  return { below: [], lost: [], sound: false };
}
