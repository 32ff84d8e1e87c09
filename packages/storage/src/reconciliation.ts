import {
  checkHybridTime,
  type DocumentId,
  type DocumentKey,
  documentId,
  documentKey,
  err,
  hybridTimeToMs,
  isReplicaId,
  type Life,
  limits,
  ok,
  type ReplicaId,
  type Timers,
  taggedError,
} from '@hearsay/core';
import { sketchVersion } from '@hearsay/document';
import type { LoadedDocument } from './document-loader.ts';
import { type DocumentState, lastEnd, phaseOf } from './document-state.ts';
import type { Healing } from './healing.ts';
import { endDigest } from './index-leaf.ts';
import type { KeptContents } from './kept-contents.ts';
import { type Lacking, lackingOf } from './lacking.ts';
import { createLargeDifferences } from './large-differences.ts';
import type { LargeLogs } from './large-logs.ts';
import type { OpenDocument, OpenDocuments } from './open-documents.ts';
import { isPlausibleLife } from './plausible-life.ts';
import type { DocumentChange, DocumentDescription, DocumentDifference, ReceiveOutcome } from './replica.ts';
import type { AgeClock, ReceiveOptions, StoreCounter, UpdateOrigin } from './store-types.ts';
import type { Submissions } from './submissions.ts';

/** Rung 3 of anti-entropy: one document against a peer's copy of it, and what peers send. */
export interface Reconciliation {
  describe(keys: readonly DocumentKey[]): Promise<readonly DocumentDescription[]>;
  difference(theirs: DocumentDescription): Promise<DocumentDifference>;
  receive(
    changes: readonly DocumentChange[],
    from: ReplicaId,
    options?: ReceiveOptions,
  ): Promise<readonly ReceiveOutcome[]>;
  /** Forgets what is kept of exchanges under way. */
  clear(): void;
}

export interface ReconciliationDeps {
  readonly documents: OpenDocuments;
  readonly submissions: Submissions;
  readonly clock: AgeClock;
  /** Milliseconds that a certificate is in force everywhere. */
  readonly certificateMs: number;
  loadContents(key: DocumentKey): Promise<LoadedDocument>;
  /** Lets a certificate end a life up to `life`. */
  readonly ending: KeptContents['ending'];
  readonly healing: Pick<Healing, 'progress' | 'finish'>;
  isQuarantined(key: DocumentKey): boolean;
  count(counter: StoreCounter): void;
  readonly largeLogs: LargeLogs;
  readonly timers: Timers;
  readonly maxKeptPieceBytes: number;
}

/** Bytes of one update in an answer: several fit into a message, and none holds up a link for long. */
const pieceBytes = limits.peerMessageBytes / 8;

export function createReconciliation(deps: ReconciliationDeps): Reconciliation {
  const { documents, submissions, largeLogs, timers, maxKeptPieceBytes: maxKeptBytes } = deps;
  const large = createLargeDifferences({ largeLogs, timers, pieceBytes, maxKeptBytes });

  const describe = (key: DocumentKey) => documents.use(key, describeOpen);

  function describeOpen({ key, damage, committed }: OpenDocument): DocumentDescription {
    return damage === null ? describeState(key, committed) : describeProgress(key);
  }

  /** A damaged document is as good as absent, but for what has come of it anew. */
  function describeProgress(key: DocumentKey): DocumentDescription {
    const arrived = deps.healing.progress(key);
    if (arrived === undefined) return { key, life: 0, sketch: null, ended: null };
    const { life, version, ended } = arrived;
    return { key, life, sketch: version === null ? null : sketchVersion(version), ended };
  }

  async function difference(theirs: DocumentDescription): Promise<DocumentDifference> {
    const { key } = theirs;
    const found = await documents.use(key, (document) => ({
      mine: describeOpen(document),
      unread: unread(theirs, document),
      isLarge: document.damage === null && large.isLarge(document.committed),
    }));
    const { mine } = found;
    const nothing = { key, mine, changes: [] };
    if (mine.life < theirs.life) return { ...nothing, wanted: true };
    if (mine.life === 0) return { ...nothing, wanted: false };
    if (mine.life === theirs.life && theirs.sketch === null) {
      if (mine.sketch !== null) return { ...nothing, wanted: true };
      if (mine.ended === theirs.ended) return { ...nothing, wanted: false };
    }
    if (found.unread !== undefined) return found.unread;
    return found.isLarge ? large.inTurn(() => largeDifference(theirs, mine)) : readDifference(theirs, mine);
  }

  /** Of a large document, where it has not to be read. */
  function unread(
    theirs: DocumentDescription,
    { key, id, damage, committed: state }: OpenDocument,
  ): DocumentDifference | undefined {
    if (damage !== null || id === undefined || phaseOf(state) !== 'live' || !large.isLarge(state))
      return undefined;
    const lacking = large.known(key, state, sketchOf(theirs, state));
    return lacking && liveDifference(theirs, id, state, lacking);
  }

  /** By the time that it is this document's turn another peer may have been answered, and this one with it. */
  async function largeDifference(
    theirs: DocumentDescription,
    mine: DocumentDescription,
  ): Promise<DocumentDifference> {
    const found = await documents.use(theirs.key, (document) => unread(theirs, document));
    return found ?? readDifference(theirs, mine);
  }

  async function readDifference(
    theirs: DocumentDescription,
    mine: DocumentDescription,
  ): Promise<DocumentDifference> {
    const { key } = theirs;
    const nothing = { key, mine, changes: [] };
    const loaded = await deps.loadContents(key);
    if (loaded.kind === 'damaged') {
      return { ...nothing, wanted: theirs.life > 0, mine: describeProgress(key) };
    }
    if (loaded.kind === 'absent') return { ...nothing, wanted: theirs.life > 0 };
    const { id, state } = loaded;
    if (state.certificate === null) {
      const sketch = sketchOf(theirs, state);
      const lacking = large.isLarge(state)
        ? await large.ofLog(key, state, sketch, loaded.updates)
        : lackingOf(state.version, sketch, loaded.updates, pieceBytes);
      if (lacking === undefined)
        return { ...nothing, wanted: false, mine: describeState(key, state), isUndecided: true };
      return liveDifference(theirs, id, state, lacking);
    }
    const change: DocumentChange = { kind: 'certificate', id, certificate: state.certificate };
    // Of the same life they know of another end, and both make one of the two.
    const wanted = theirs.life === state.life && theirs.sketch === null;
    return { key, changes: [change], wanted, mine: describeState(key, state) };
  }

  function liveDifference(
    theirs: DocumentDescription,
    id: DocumentId,
    state: DocumentState,
    { updates, theyKnowMore, more }: Lacking,
  ): DocumentDifference {
    const { key } = theirs;
    const mine = describeState(key, state);
    const end = lastEnd(state);
    // The end of the life before comes first: by it clients of that life are known.
    const ended: DocumentChange[] =
      end === null || theirs.life > state.life || theirs.ended === mine.ended
        ? []
        : [{ kind: 'certificate', id, certificate: end }];
    const changes = updates.map(
      (update): DocumentChange => ({ kind: 'update', id, life: state.life, update }),
    );
    const isOfLife = sketchOf(theirs, state) !== null;
    const wanted = isOfLife
      ? theyKnowMore || (theirs.ended !== null && ended.length > 0)
      : theirs.life > state.life;
    return { key, changes: [...ended, ...changes], wanted, mine, ...(more && { isPartial: true }) };
  }

  async function receive(
    change: DocumentChange,
    origin: UpdateOrigin,
    isSucceeded: boolean,
  ): Promise<ReceiveOutcome> {
    const id = documentId(change.id.collection, change.id.name);
    if (!id.ok) return id;
    if (documentKey(id.value) !== documentKey(change.id)) {
      return err(taggedError('NAME_INVALID', 'the name is not in its normal form'));
    }
    if (!isPlausible(change, deps.clock.now())) {
      return err(taggedError('UPDATE_LIMIT', 'a life or stamp out of range'));
    }
    if (change.kind === 'update') {
      return toOutcome(await submissions.update(id.value, change.update, origin, change.life));
    }
    const { certificate } = change;
    const stamp = Math.max(certificate.deletedAt, certificate.activatedAt);
    const checked = checkHybridTime(stamp, deps.clock.now());
    if (!checked.ok) {
      deps.count('stampsRefused');
      return checked;
    }
    const oldestMs = deps.clock.now() - deps.certificateMs;
    const isOld = deps.clock.isSettled?.() !== false && hybridTimeToMs(certificate.activatedAt) < oldestMs;
    const standing = isSucceeded ? 'succeeded' : isOld ? 'old' : 'inForce';
    return toOutcome(
      await deps.ending(id.value, certificate.life, (aside) =>
        submissions.certificate(id.value, certificate, origin, standing, aside),
      ),
    );
  }

  return {
    describe: (keys) => Promise.all(keys.map(describe)),
    difference,
    async receive(changes, from, { origin: told, complete = [] } = {}) {
      const origin = told ?? ({ kind: 'peer', replica: from } as const);
      const begun = lastLives(changes);
      const isSucceeded = (change: DocumentChange): boolean =>
        change.kind === 'certificate' && (begun.get(documentKey(change.id)) ?? 0) > change.certificate.life;
      const act = (change: DocumentChange) => receive(change, origin, isSucceeded(change));
      const outcomes = await Promise.all(inTurn(changes, act));
      for (const key of complete) {
        if (deps.isQuarantined(key)) {
          await documents.use(key, (document) => deps.healing.finish(document, origin));
        }
      }
      return outcomes.map((outcome, at): ReceiveOutcome => {
        const change = changes[at];
        if (outcome.ok || outcome.error.code !== 'DOCUMENT_DAMAGED' || change === undefined) return outcome;
        // It was kept, and is part of what has become whole.
        const key = documentKey(change.id);
        return deps.isQuarantined(key) ? outcome : ok({ key, novel: true });
      });
    },
    clear: large.clear,
  };
}

/** Of documents of which a life ends among the changes, the highest that is written to. */
function lastLives(changes: readonly DocumentChange[]): ReadonlyMap<DocumentKey, Life> {
  const lives = new Map<DocumentKey, Life>();
  if (!changes.some(({ kind }) => kind === 'certificate')) return lives;
  for (const change of changes) {
    if (change.kind === 'certificate') continue;
    const key = documentKey(change.id);
    lives.set(key, Math.max(change.life, lives.get(key) ?? 0));
  }
  return lives;
}

/** All at once, but those of one document one after the other where a life ends among them. */
function inTurn<T>(
  changes: readonly DocumentChange[],
  act: (change: DocumentChange) => Promise<T>,
): Promise<T>[] {
  const ending = new Map<DocumentKey, Promise<unknown>>();
  return changes.map((change) => {
    if (change.kind === 'update' && ending.size === 0) return act(change);
    const key = documentKey(change.id);
    const before = ending.get(key);
    if (before === undefined && change.kind === 'update') return act(change);
    const done = before === undefined ? act(change) : before.then(() => act(change));
    ending.set(
      key,
      done.catch(() => {}),
    );
    return done;
  });
}

function describeState(key: DocumentKey, state: DocumentState): DocumentDescription {
  const sketch = phaseOf(state) === 'live' ? sketchVersion(state.version) : null;
  return { key, life: state.life, sketch, ended: endDigest(state) };
}

/** What a peer has of the present life; null: nothing. */
function sketchOf(theirs: DocumentDescription, state: DocumentState): Uint8Array | null {
  return theirs.life === state.life ? theirs.sketch : null;
}

/** Numbers that our own records can hold. */
function isPlausible(change: DocumentChange, nowMs: number): boolean {
  if (change.kind === 'update') return isPlausibleLife(change.life, nowMs);
  const { life, deletedAt, activatedAt, by, clients } = change.certificate;
  return (
    isPlausibleLife(life, nowMs) &&
    [deletedAt, activatedAt].every(isStamp) &&
    isReplicaId(by) &&
    areClients(clients)
  );
}

/** Few, ascending, and such as Yjs draws. */
function areClients(clients: readonly number[]): boolean {
  if (clients.length > limits.endedClients) return false;
  return clients.every((client, at) => client <= 4_294_967_295 && client > (clients[at - 1] ?? -1));
}

function isStamp(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function toOutcome(outcome: Awaited<ReturnType<Submissions['update']>>): ReceiveOutcome {
  return outcome.ok ? ok({ key: outcome.value.key, novel: outcome.value.novel }) : outcome;
}
