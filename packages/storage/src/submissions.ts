import {
  type Clock,
  type DocumentId,
  documentKey,
  emptyBytes,
  err,
  type Life,
  msToHybridTime,
  ok,
  type ReplicaId,
  type Result,
} from '@hearsay/core';
import { type Admission, admitUpdate, emptyVersion, type Version } from '@hearsay/document';
import { type BatchOperation, del } from './database.ts';
import {
  type CertificateStanding,
  type DocumentState,
  decideCertificate,
  decideLife,
  isOfEndedLife,
  lastEnd,
  phaseOf,
} from './document-state.ts';
import {
  clientIdTaken,
  documentDamaged,
  documentFull,
  lifeEnded,
  lifeOutOfRange,
  lifeUnknown,
  type SubmitError,
  storeBusy,
  storeUnavailable,
  type WriteFailure,
} from './errors.ts';
import { nameKey } from './keys.ts';
import type { WholeLog } from './large-logs.ts';
import { beginLife, dropContents, endedState, extendTail } from './life-changes.ts';
import type { OpenDocument, OpenDocuments } from './open-documents.ts';
import { isPlausibleLife } from './plausible-life.ts';
import type { DeathCertificate } from './replica.ts';
import type { StallWatch } from './stall-watch.ts';
import type { StoreCounter, SubmitReceipt, UpdateOrigin } from './store-types.ts';
import type { WriteLoop } from './write-loop.ts';
import type { ChangeTask, News } from './write-task.ts';

export type SubmitOutcome = Result<SubmitReceipt, SubmitError>;

/** Decides about changes, against what is on disk and all that is queued before them, and queues what is new. */
export interface Submissions {
  update(
    id: DocumentId,
    update: Uint8Array,
    origin: UpdateOrigin,
    life: Life | undefined,
  ): Promise<SubmitOutcome>;
  /** A life's first update, which may be of any size; `LIFE_ENDED` where another has begun since, also if that is still on its way to the disk. */
  begin(id: DocumentId, whole: WholeLog, origin: UpdateOrigin, life: Life): Promise<SubmitOutcome>;
  certificate(
    id: DocumentId,
    certificate: DeathCertificate,
    origin: UpdateOrigin,
    standing?: CertificateStanding,
    aside?: SetAside | null,
  ): Promise<SubmitOutcome>;
  /** Ends the present life; with an `expected` one just that. */
  remove(
    id: DocumentId,
    stamp: number,
    by: ReplicaId,
    expected?: Life,
    aside?: SetAside | null,
  ): Promise<SubmitOutcome>;
  /** Refuses all that comes from now on; resolves when all before is settled. */
  stop(): Promise<void>;
}

/** Records that keep what a life contains, to be written with its end. */
export interface SetAside {
  /** What they hold: of another life, or another update, they are not the contents. */
  readonly life: Life;
  readonly tailSequence: number;
  readonly operations: readonly BatchOperation[];
}

/** A change of a damaged copy: collected until the document is whole again. */
export interface DamagedChanges {
  update(
    document: OpenDocument,
    id: DocumentId,
    update: Uint8Array,
    origin: UpdateOrigin,
    life: Life | undefined,
  ): Promise<SubmitOutcome>;
  certificate(
    document: OpenDocument,
    id: DocumentId,
    certificate: DeathCertificate,
    origin: UpdateOrigin,
    standing: CertificateStanding,
  ): Promise<SubmitOutcome>;
}

export interface SubmissionsDeps {
  readonly documents: OpenDocuments;
  readonly loop: WriteLoop;
  readonly damagedChanges: DamagedChanges;
  readonly clock: Pick<Clock, 'now'>;
  count(counter: StoreCounter): void;
  readonly stall: Pick<StallWatch, 'bounded'>;
  readonly maxWaitingBytes: number;
  /** As of `StoreOptions`. */
  readonly maxDocumentBytes: number;
}

export function createSubmissions(deps: SubmissionsDeps): Submissions {
  const { documents, loop, damagedChanges } = deps;
  // Of updates whose documents are being loaded.
  let waitingBytes = 0;
  let active = 0;
  let stopped = false;
  const idlers: (() => void)[] = [];

  function update(
    document: OpenDocument,
    id: DocumentId,
    bytes: Uint8Array,
    origin: UpdateOrigin,
    life: Life | undefined,
    whole?: Version,
  ): SubmitOutcome | Promise<SubmitOutcome> {
    if (document.damage !== null) return damagedChanges.update(document, id, bytes, origin, life);
    const state = document.queued;
    const decision = decideLife(state, life);
    if (decision === 'ended') return err(lifeEnded(life ?? state.life));
    if (decision === 'unknown') return err(lifeUnknown(life ?? 1));
    if (decision === 'begin' && !isPlausibleLife(life ?? 1, deps.clock.now())) return err(lifeOutOfRange());
    const admission =
      whole === undefined
        ? admitUpdate(bytes, decision === 'begin' ? emptyVersion : state.version)
        : ok(beginning(bytes, whole));
    if (!admission.ok) return admission;
    if (admission.value.kind === 'known') {
      deps.count('duplicates');
      return afterPending(document, life ?? state.life);
    }
    const refusal = loop.refusal();
    if (refusal !== null) return err(refusal);
    const novel = admission.value;
    if (
      (origin.kind === 'client' || state.life === 0) &&
      isOfEndedLife(state, novel.version.stateVector.keys())
    ) {
      if (state.life === 0) wake(document, id, state);
      return err(lifeEnded(state.former?.life ?? state.life));
    }
    if (origin.kind === 'client' && novel.writers.length > 0) {
      const stored = decision === 'begin' ? 0 : Math.max(state.snapshotBytes, state.tailBytes);
      if (stored + novel.update.byteLength > deps.maxDocumentBytes)
        return err(documentFull(deps.maxDocumentBytes));
    }
    const taken = takeWriters(document, novel.writers, origin);
    if (taken !== undefined) return err(clientIdTaken(taken));
    const news: News = { origin, update: novel.update, certificate: null };
    const extended =
      decision === 'begin'
        ? beginLife(document, id, life ?? 1, novel.update, novel.version)
        : extendTail(document, state, novel.update, novel.version);
    return queueChange(loop, document, id, extended.after, extended.operations, news);
  }

  function certificate(
    document: OpenDocument,
    id: DocumentId,
    heard: DeathCertificate,
    origin: UpdateOrigin,
    standing: CertificateStanding = 'inForce',
    aside: SetAside | null = null,
  ): SubmitOutcome | Promise<SubmitOutcome> {
    if (document.damage !== null) return damagedChanges.certificate(document, id, heard, origin, standing);
    const state = document.queued;
    const decision = decideCertificate(state, heard, standing);
    if (decision === null) {
      deps.count('duplicates');
      return afterPending(document, state.life);
    }
    const refusal = loop.refusal();
    if (refusal !== null) return err(refusal);
    const { certificate: ended, former } = decision;
    if (ended === null) return remember(document, id, { ...state, former }, origin);
    // What it ends was here until now, so others may have it too: it is in force from now on, whatever clock stamped it.
    const holds = standing === 'old' ? activated(ended) : ended;
    if (aside !== null && (aside.life !== state.life || aside.tailSequence !== state.tailSequence)) {
      return err(storeBusy());
    }
    const operations = [...dropContents(document.keyBytes, state), ...(aside?.operations ?? [])];
    if (phaseOf(state) === 'live') operations.push(del(nameKey(id.collection, id.name)));
    const news: News = { origin, update: null, certificate: holds };
    return queueChange(loop, document, id, endedState(state, holds), operations, news);
  }

  /** Only something more to know clients of ended lives by: news to all who tell of those lives. */
  function remember(
    document: OpenDocument,
    id: DocumentId,
    after: DocumentState,
    origin: UpdateOrigin,
  ): Promise<SubmitOutcome> {
    const certificate = lastEnd(after);
    const news = certificate === null ? null : { origin, update: null, certificate };
    return queueChange(loop, document, id, after, [], news);
  }

  /** Somebody has an old copy: the certificate is in force again, and goes to everybody. */
  function wake(document: OpenDocument, id: DocumentId, { former }: DocumentState): void {
    if (former === null) return;
    deps.count('certificatesWoken');
    void certificate(document, id, activated(former), { kind: 'local' });
  }

  function activated(known: DeathCertificate): DeathCertificate {
    return {
      ...known,
      activatedAt: Math.max(known.activatedAt + 1, msToHybridTime(deps.clock.now())),
    };
  }

  /** What is known already may still be on its way to the disk: then it is not yet to be acknowledged. */
  async function afterPending(document: OpenDocument, life: Life): Promise<SubmitOutcome> {
    const { key } = document;
    if (document.pending > 0) {
      const outcome = await document.lastPending;
      if (!outcome.ok) return outcome;
    }
    return ok({ key, life, novel: false, sequence: loop.counters.outboxHead });
  }

  /** Counts what is under way, and the bytes of it that wait for their documents to be loaded. */
  async function admit(
    id: DocumentId,
    bytes: number,
    task: (document: OpenDocument) => SubmitOutcome | Promise<SubmitOutcome>,
  ): Promise<SubmitOutcome> {
    const refusal = stopped
      ? storeUnavailable()
      : waitingBytes > deps.maxWaitingBytes
        ? storeBusy()
        : loop.refusal();
    if (refusal !== null) return err(refusal);
    waitingBytes += bytes;
    active++;
    try {
      const run = (document: OpenDocument): SubmitOutcome | Promise<SubmitOutcome> => {
        waitingBytes -= bytes;
        return task(document);
      };
      return await documents.use(documentKey(id), run, id);
    } finally {
      active--;
      if (active === 0) for (const resolve of idlers.splice(0)) resolve();
    }
  }

  const bounded: typeof admit = (...admitted) => deps.stall.bounded(admit(...admitted));

  function edit(
    id: DocumentId,
    bytes: Uint8Array,
    decide: (document: OpenDocument) => SubmitOutcome | Promise<SubmitOutcome>,
  ): Promise<SubmitOutcome> {
    const unheld = async (document: OpenDocument): Promise<SubmitOutcome> => {
      if (document.held === null) return decide(document);
      await document.held;
      // What is in memory of it may be another object by now.
      return documents.use(documentKey(id), unheld, id);
    };
    return bounded(id, bytes.byteLength, (document) =>
      document.held === null ? decide(document) : unheld(document),
    );
  }

  return {
    update: (id, bytes, origin, life) =>
      edit(id, bytes, (document) => update(document, id, bytes, origin, life)),
    begin: (id, { update: bytes, version }, origin, life) =>
      edit(id, bytes, (document) =>
        decideLife(document.queued, life) === 'begin'
          ? update(document, id, bytes, origin, life, version)
          : err(lifeEnded(life)),
      ),
    certificate: (id, heard, origin, standing, aside) =>
      bounded(id, 0, (document) => certificate(document, id, heard, origin, standing, aside)),
    remove: (id, stamp, by, expected, aside) =>
      bounded(id, 0, (document) => {
        const { damage, queued } = document;
        const life = damage?.life ?? queued.life;
        if (expected !== undefined && expected !== life) return err(lifeEnded(expected));
        if (damage !== null && life === 0) return err(documentDamaged(damage.reason));
        if (damage === null && phaseOf(queued) !== 'live') return afterPending(document, life);
        const mine = { life, deletedAt: stamp, activatedAt: stamp, by, clients: [] };
        return certificate(document, id, mine, { kind: 'local' }, 'inForce', aside);
      }),
    async stop() {
      stopped = true;
      if (active > 0) await new Promise<void>((resolve) => idlers.push(resolve));
    },
  };
}

/** What begins a life with all of an update whose version is known. */
function beginning(update: Uint8Array, version: Version): Admission {
  const writers = [...version.stateVector.keys()];
  return writers.length === 0 ? { kind: 'known' } : { kind: 'novel', update, version, writers };
}

/**
 * Whoever writes with a client id first, keeps it: a struct that somebody else forges at its next clock would make edits
 * that its owner has not sent yet pass for known. Returns a client id that belongs to another.
 */
function takeWriters(
  { writers: owners }: OpenDocument,
  writers: readonly number[],
  origin: UpdateOrigin,
): number | undefined {
  if (origin.kind !== 'client' || origin.user === undefined) return undefined;
  const { user } = origin;
  const taken = writers.find((client) => (owners.get(client) ?? user) !== user);
  if (taken === undefined) for (const client of writers) owners.set(client, user);
  return taken;
}

/** Queues a change whose news everybody is told; resolves after its sync. */
export function queueChange(
  loop: WriteLoop,
  document: OpenDocument,
  id: DocumentId,
  after: DocumentState,
  operations: readonly BatchOperation[],
  news: News | null,
  more: { readonly heals?: boolean; readonly moves?: boolean } = {},
): Promise<SubmitOutcome> {
  const { key } = document;
  const settled = new Promise<Result<number, WriteFailure>>((resolve) => {
    const task: ChangeTask = {
      kind: 'change',
      document,
      id,
      after,
      operations,
      news,
      moves: news !== null || more.heals === true || more.moves === true,
      heals: more.heals === true,
      bytes: operations.reduce(addBytes, 256),
      settle(outcome) {
        document.pending--;
        resolve(outcome);
      },
    };
    document.id = id;
    document.queued = after;
    document.pending++;
    loop.push(task);
  });
  document.lastPending = settled;
  return settled.then((outcome) =>
    outcome.ok ? ok({ key, life: after.life, novel: true, sequence: outcome.value }) : outcome,
  );
}

function addBytes(sum: number, operation: BatchOperation): number {
  return (
    sum + operation.key.byteLength + (operation.type === 'put' ? operation.value : emptyBytes).byteLength
  );
}
