import type { Life } from '@hearsay/core';
import { admitUpdate, emptyVersion, type Version } from '@hearsay/document';
import { mergeCertificates } from './certificates.ts';
import type { LoadedDocument } from './document-loader.ts';
import { absentState, type DocumentState, isEnded, isOlder } from './document-state.ts';
import type { Damage } from './open-documents.ts';
import type { DeathCertificate } from './replica.ts';

/** What is on disk of a damaged document. */
export interface Remains {
  readonly rest: Rest;
  /** Of all records there are, and the feed entry. */
  readonly keys: readonly Uint8Array[];
}

export interface Rest {
  /** Life, certificate and last sequence of the damaged copy, as far as known. */
  readonly state: DocumentState;
  readonly known: Version;
  readonly isAllKnown: boolean;
  readonly readable: readonly Uint8Array[];
}

/** What can be read of a document that is known to have been what `damage` says. */
export function restOf(loaded: LoadedDocument, damage: Damage | null): Rest {
  const found = readable(loaded);
  if (damage === null) return found;
  const tailSequence = Math.max(found.state.tailSequence, damage.tailSequence);
  const isOld = isOlder(found.state, damage);
  const { life, certificate, former } = found.state;
  if (life >= damage.life || (life === 0 && former !== null && !isOld)) {
    const state = { ...found.state, tailSequence };
    return { ...found, state, isAllKnown: found.isAllKnown && !isOld };
  }
  // Nothing of its life can be read; what can is of one that is over.
  return {
    state: { ...absentState, life: damage.life, former: certificate ?? former, tailSequence },
    known: emptyVersion,
    isAllKnown: false,
    readable: [],
  };
}

function readable(loaded: LoadedDocument): Rest {
  if (loaded.kind === 'absent') {
    return { state: absentState, known: emptyVersion, isAllKnown: false, readable: [] };
  }
  if (loaded.kind === 'whole') {
    const { state, updates } = loaded;
    return { state, known: state.version, isAllKnown: true, readable: updates };
  }
  const { head, life, known, isAllKnown, tailSequence } = loaded;
  const isOver = head !== undefined && isEnded(head) && head.life === life;
  return {
    state: {
      ...absentState,
      life,
      certificate: isOver ? head.certificate : null,
      former: isOver ? null : (head?.certificate ?? null),
      tailSequence,
    },
    known,
    isAllKnown,
    readable: loaded.readable,
  };
}

/** Of a copy whose life cannot be read everything may belong to any. */
export function isOfLife({ state }: Rest, life: Life): boolean {
  return life === state.life || state.life === 0;
}

export function headOf(loaded: LoadedDocument): { readonly feedSequence: number } | undefined {
  if (loaded.kind === 'absent') return undefined;
  return loaded.kind === 'whole' ? loaded : loaded.head;
}

/** The state of what is damaged as it is once all is over that has been heard to be; its clients are then those of ended lives. */
export function endingIn(
  { state, known }: Rest,
  { life, ended }: { readonly life: Life; readonly ended: DeathCertificate | null },
): DocumentState {
  const before = state.certificate ?? state.former;
  const former = before !== null && ended !== null ? mergeCertificates(before, ended) : (before ?? ended);
  return {
    ...state,
    life: 0,
    certificate: null,
    former,
    version: state.life > 0 && state.life < life ? known : emptyVersion,
  };
}

/** A state without contents to delete: the keys that are really there are deleted instead. */
export function bare(state: DocumentState): DocumentState {
  return { ...state, baseSequence: state.tailSequence, snapshotBytes: 0 };
}

/** What of the readable rest fits, on top of what has come, and how many updates do not fit yet. */
export function withRest(
  come: { readonly version: Version; readonly updates: readonly Uint8Array[] },
  readable: readonly Uint8Array[],
): { readonly version: Version; readonly updates: readonly Uint8Array[]; readonly loose: number } {
  const updates = [...come.updates];
  let { version } = come;
  let loose = 0;
  // In the order in which they were written: what one builds on is not behind it.
  for (const update of readable) {
    const admission = admitUpdate(update, version, Number.POSITIVE_INFINITY);
    if (!admission.ok) loose += admission.error.code === 'UPDATE_MISSING_DEPENDENCIES' ? 1 : 0;
    else if (admission.value.kind === 'novel') {
      updates.push(admission.value.update);
      version = admission.value.version;
    }
  }
  return { version, updates, loose };
}
