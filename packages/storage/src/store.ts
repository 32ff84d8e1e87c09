import { type DocumentKey, documentKey, ok, type Result } from '@hearsay/core';
import { exportChanges } from './backup/export.ts';
import { encodeBackup } from './backup/frames.ts';
import { compactInline, createCompaction } from './compaction.ts';
import { createContentCheck } from './content-check.ts';
import { createCounts } from './counts.ts';
import { eraseDeleted, syncedBatch } from './database.ts';
import { createDatabaseHandle } from './database-handle.ts';
import { createDocumentReader } from './document-reader.ts';
import { createDormancy } from './dormancy.ts';
import { diskStalled, type OpenError, StoreGoneError, storeUnavailable } from './errors.ts';
import { createHealing } from './healing.ts';
import { type Opened, openIdentity, writeIdentity } from './identity.ts';
import { createIndexKeeper } from './index-keeper.ts';
import { createKeptContents } from './kept-contents.ts';
import { largeLogsInline } from './large-logs.ts';
import { watchLease } from './lease-watch.ts';
import { listCollections, listNames } from './names.ts';
import { createOpenDocuments } from './open-documents.ts';
import { createOutbox } from './outbox.ts';
import { createOutboxTrim } from './outbox-trim.ts';
import { createPeerRecords } from './peer-records.ts';
import { createQuarantine } from './quarantine.ts';
import { createReconciliation } from './reconciliation.ts';
import { createRecordWriter } from './record-writer.ts';
import { createRecovery } from './recovery.ts';
import { createScrub } from './scrub.ts';
import { createSentinelKeeper } from './sentinel-keeper.ts';
import { createStallWatch, type StallWatch } from './stall-watch.ts';
import type { CommittedChange, DocumentStore, StoreOptions, StoreStatus } from './store-types.ts';
import { createSubmissions } from './submissions.ts';
import { storeTunables } from './tunables.ts';
import type { Turn } from './turn.ts';
import { createWriteLoop } from './write-loop.ts';

/** Opens a store, or makes it where there is none. */
export async function openStore(options: StoreOptions): Promise<Result<DocumentStore, OpenError>> {
  const opened = await openIdentity(options);
  return opened.ok ? ok(composeStore(options, opened.value)) : opened;
}

function composeStore(options: StoreOptions, opened: Opened): DocumentStore {
  const tunables = { ...storeTunables, ...options.tunables };
  const { identity } = opened;
  const { timers, largeLogs = largeLogsInline, nextTurn = async () => {} } = options;
  const { found = () => {}, certificateMs = Number.POSITIVE_INFINITY } = options;
  const { counts, count } = createCounts(found);
  const commitListeners = new Set<(changes: readonly CommittedChange[]) => void>();
  const statusListeners = new Set<(status: StoreStatus) => void>();
  const handle = createDatabaseHandle({ nextTurn, largeLogs });
  const late = { documents: () => documents, loop: () => loop };
  const quarantine = createQuarantine({ handle, ...late, count, found });
  const stall: StallWatch = createStallWatch({
    timers,
    stallMs: tunables.stallMs,
    changed() {
      if (stall.isStalled) count('stalls');
      changed();
    },
  });
  const documents = createOpenDocuments({
    load: (keyBytes, id) => handle.load(keyBytes, 'version', { id }),
    quarantined: quarantine.get,
    loaded(document) {
      if (document.damage !== null) quarantine.add(document, document.damage);
      else compaction.consider(document);
    },
    maxBytes: tunables.maxOpenDocumentBytes,
  });
  const loop = createWriteLoop(
    {
      async write(operations) {
        const database = handle.current();
        if (database === undefined) throw new Error('no database to write to');
        await stall.watch(syncedBatch(database, operations, options.durability !== 'buffered'));
      },
      committed,
      announce,
      failed(error) {
        const acknowledged = { counters: loop.counters, documents: [...documents.all()], holes };
        forget();
        return recovery.begin(error, acknowledged);
      },
      hindrance: () => (stall.isStalled ? diskStalled() : null),
      nextTurn,
      maxQueueBytes: tunables.maxQueueBytes,
      maxBatchBytes: tunables.maxBatchBytes,
    },
    opened.hydrated.counters,
  );
  const recovery = createRecovery({
    handle,
    openDatabase: options.openDatabase,
    hasRoom: options.hasRoom ?? (async () => true),
    timers,
    probe: (database) => writeIdentity(database, identity),
    found: (database, after, head) => outbox.found(database, after, head),
    announce,
    reopened(hydrated) {
      holes = hydrated.holes;
      forget();
      quarantine.reset(hydrated.quarantined);
      index.reset(hydrated);
      loop.resume(hydrated.counters);
    },
    changed,
    count,
    delayMs: tunables.reopenDelayMs,
    maxDelayMs: tunables.maxReopenDelayMs,
    giveUpMs: tunables.reopenGiveUpMs,
  });
  const sentinel = createSentinelKeeper({
    sentinel: options.sentinel,
    written: opened.sentinel,
    isSynced: options.durability !== 'buffered',
    counters: () => loop.counters,
    timers,
    intervalMs: tunables.sentinelMs,
  });
  const write = createRecordWriter(loop);
  const reader = createDocumentReader({ handle, documents, quarantine });
  const index = createIndexKeeper({
    handle,
    feedHead: () => loop.counters.feedHead,
    documentAt: reader.indexed,
    collectionOf: async (key) => (await reader.identify(key))?.collection,
    write,
    count,
    pageDocuments: tunables.indexPageDocuments,
    maxCacheBytes: tunables.maxIndexCacheBytes,
  });
  const outbox = createOutbox({
    handle,
    counters: () => loop.counters,
    maxBytes: tunables.maxOutboxBytes,
    maxEntries: tunables.maxOutboxEntries,
    maxRecentBytes: tunables.maxRecentMailBytes,
  });
  const healing = createHealing({
    handle,
    ...late,
    submissions: () => submissions,
    maxRebuildBytes: tunables.maxRebuildBytes,
  });
  const submissions = createSubmissions({
    documents,
    loop,
    damagedChanges: healing,
    clock: options.clock,
    count,
    stall,
    maxWaitingBytes: tunables.maxQueueBytes,
    maxDocumentBytes: options.maxDocumentBytes ?? Number.POSITIVE_INFINITY,
  });
  const compaction = createCompaction({
    documents,
    loop,
    submissions,
    loadContents: quarantine.loadContents,
    compact: options.compact ?? compactInline,
    count,
    nextTurn,
    tailUpdates: tunables.compactTailUpdates,
    tailBytes: tunables.compactTailBytes,
  });
  const kept = createKeptContents({
    handle,
    documents,
    submissions,
    write,
    clock: options.clock,
    isOn: options.keepsDeleted === true,
    loadContents: quarantine.loadContents,
    largeLogs,
  });
  const reconciliation = createReconciliation({
    documents,
    submissions,
    ending: kept.ending,
    clock: options.clock,
    certificateMs,
    loadContents: quarantine.loadContents,
    healing,
    isQuarantined: (key) => quarantine.get(key) !== undefined,
    count,
    largeLogs,
    timers,
    maxKeptPieceBytes: tunables.maxKeptPieceBytes,
  });
  const dormancy = createDormancy({
    handle,
    documents,
    index,
    loop,
    write,
    clock: options.clock,
    certificateMs,
    willForget: sentinel.willForget,
    count,
  });
  const contentCheck = createContentCheck({
    handle,
    loadContents: quarantine.loadContents,
    isQuarantined: (key) => quarantine.get(key) !== undefined,
    compact: options.compact ?? compactInline,
    maxBytes: tunables.maxComparedBytes,
  });
  const scrub = createScrub({ handle, documents, quarantine, index, loop, count });
  const peers = createPeerRecords(handle, write);
  const trim = createOutboxTrim({ outbox, write, count });
  let { holes } = opened.hydrated;

  quarantine.reset(opened.hydrated.quarantined);
  index.reset(opened.hydrated);
  count('recordsDamaged', opened.hydrated.damagedRecords);
  count('logHoles', opened.hydrated.holes);
  count('changesMissing', opened.hydrated.missing);
  count('tailLost', opened.lost?.changes ?? 0);
  if (options.wasTorn === true && opened.lost === undefined) count('recordsTorn');
  const mended = holes > 0 ? mendHoles().catch(() => {}) : Promise.resolve();
  handle.attach(opened.database);

  const stopLease = watchLease({
    lease: options.lease,
    timers,
    intervalMs: tunables.leaseCheckMs,
    lost() {
      loop.halt(storeUnavailable());
      forget();
      void recovery.fail('LEASE_LOST', 'another process has taken the data directory');
    },
  });

  /** What memory holds beyond the disk is void. */
  function forget(): void {
    documents.clear();
    outbox.clear();
    reconciliation.clear();
  }

  function announce(changes: readonly CommittedChange[]): void {
    for (const listener of commitListeners) listener(changes);
  }

  function committed(turn: Turn): void {
    count('batches');
    count('changes', turn.changes.length);
    for (const { document, state, healed } of turn.heads) {
      document.committed = state;
      document.stored = true;
      if (healed) quarantine.released(document);
      compaction.consider(document);
    }
    for (const [document, feedSequence] of turn.moved) {
      document.feedSequence = feedSequence;
      quarantine.moved(document, feedSequence);
    }
    outbox.committed(turn.changes);
    sentinel.moved();
    void trim.start();
  }

  /** A lost batch may have held index nodes, or a document that the index already knew. */
  async function mendHoles(): Promise<void> {
    await index.rebuild();
    // The next start is to find nothing amiss: what is left of the log before its last gap goes.
    await trim.idle();
    outbox.dropBefore(opened.hydrated.soundFrom);
    await trim.start();
    holes = 0;
  }

  function changed(): void {
    for (const listener of statusListeners) listener(status());
  }

  function status(): StoreStatus {
    const hangs = stall.isStalled && recovery.state === 'ready';
    return {
      state: hangs ? 'stalled' : recovery.state,
      code: hangs ? 'DISK_STALLED' : recovery.code,
      documents: loop.counters.documents,
      damagedDocuments: quarantine.list().length,
      queuedBytes: loop.queuedBytes,
      openDocumentBytes: documents.bytes,
      feedHead: loop.counters.feedHead,
      outboxHead: loop.counters.outboxHead,
      counters: { ...counts },
    };
  }

  async function flushed(): Promise<void> {
    await index.idle();
    await trim.idle();
    await loop.idle();
  }

  async function idle(): Promise<void> {
    await mended;
    await compaction.idle();
    await flushed();
  }

  return {
    identity,
    roots: index.roots,
    feedHead: index.head,
    recent: index.recent,
    digests: index.digests,
    answerWalk: index.answer,
    questionWalk: index.question,
    compareWalk: index.compare,
    describe: reconciliation.describe,
    contents: contentCheck.contents,
    conflicting: contentCheck.conflicting,
    difference: reconciliation.difference,
    receive: reconciliation.receive,
    peerCursor: async (peer) => (await peers.cursor(peer, 'feed')) ?? 0,
    setPeerCursor: (peer, cursor) => peers.setCursor(peer, 'feed', cursor),
    outboxHead: () => handle.read(async () => loop.counters.outboxHead),
    outbox: outbox.page,
    mailCursor: (peer) => peers.cursor(peer, 'mail'),
    setMailCursor: (peer, cursor) => peers.setCursor(peer, 'mail', cursor),
    readState: peers.readState,
    writeState: peers.writeState,
    submit: (id, update, origin, life) => submissions.update(id, update, origin, life),
    deleteDocument: (id, stamp, by, expected) =>
      kept.ending(id, Number.POSITIVE_INFINITY, (aside) =>
        submissions.remove(id, stamp, by, expected, aside),
      ),
    kept: kept.list,
    keptOf: kept.of,
    undelete: kept.bringBack,
    forgetDeleted: kept.forget,
    restCertificates: dormancy.sweep,
    onCommit: (listener) => subscribe(commitListeners, listener),
    read: reader.read,
    lookup: reader.lookup,
    identify: (keys) => Promise.all(keys.map((key) => reader.identify(key))),
    indexed: index.entries,
    list: (collection, after, limit, prefix = '') =>
      handle.read((database) => listNames(database, collection, after, limit, prefix)),
    collections: () => handle.read(listCollections),
    damaged: quarantine.list,
    compact: (id) => compaction.run(documentKey(id)),
    erase: () => handle.read(eraseDeleted),
    salvage: (id) => documents.use(documentKey(id), (document) => healing.salvage(document, id), id),
    scrub: scrub.step,
    backup: (since) => {
      const { clock } = options;
      const deps = {
        handle,
        identity,
        clock,
        quarantine,
        starts: opened.starts,
        counters: () => loop.counters,
        known: (key: DocumentKey) => documents.peek(key)?.committed,
      };
      return encodeBackup(exportChanges(deps, since));
    },
    idle,
    status,
    onStatus: (listener) => subscribe(statusListeners, listener),
    async close() {
      stopLease();
      compaction.stop();
      index.stop();
      if (recovery.state === 'ready') {
        await submissions.stop();
        await flushed();
      }
      loop.halt(storeUnavailable());
      const intact = recovery.state === 'ready';
      await recovery.stop();
      const { counters } = loop;
      await sentinel.stop();
      forget();
      const database = handle.detach();
      handle.end(new StoreGoneError('STORE_CLOSED', 'the store is closed'));
      try {
        await database?.close();
        if (intact) await sentinel.closed(counters);
      } finally {
        await options.lease?.release();
      }
    },
  };
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
