import { type DocumentKey, err, type ReplicaId, taggedError } from '@hearsay/core';
import type {
  DocumentChange,
  DocumentDescription,
  OutboxEntry,
  ReceiveOutcome,
  Replica,
  ReplicaIdentity,
} from '../replica.ts';
import type { CommittedChange, DocumentStore } from '../store-types.ts';
import type { Selection } from './selection.ts';

export interface SelectedReplicaDeps {
  readonly store: DocumentStore;
  /** What the guest has been given; asked for once it has been let in. */
  granted(): Grant;
  /** Who the other side takes this replica for. */
  readonly identity: ReplicaIdentity;
  /** Up to where feeds of guests are known; a wrong one costs a walk. */
  readonly cursors: { get(guest: ReplicaId): number; set(guest: ReplicaId, cursor: number): void };
  /** Names the link: what comes over it is told from what is to be told there. */
  readonly session: string;
}

/** What a guest may have. */
export interface Grant {
  readonly selection: Selection;
  readonly mayWrite: boolean;
}

/** A selection of a store as a replica of its own, for one guest: nothing outside of it is told or taken. */
export interface SelectedReplica extends Replica {
  /** What of a batch is for the guest, as the guest is to hear of it; `guest`: whose changes these are. */
  changesFor(changes: readonly CommittedChange[], guest: ReplicaId): readonly CommittedChange[];
}

/** Nothing of a guest is written down: anybody may be one, and guests know themselves where they were left. */
export function createSelectedReplica(deps: SelectedReplicaDeps): SelectedReplica {
  const { store, identity, session, granted, cursors } = deps;
  const origin = { kind: 'client', session } as const;

  async function describe(keys: readonly DocumentKey[]): Promise<readonly DocumentDescription[]> {
    const belonging = await granted().selection.belong(keys);
    const described = await store.describe(keys);
    return described.map((description, at) =>
      belonging[at] === true ? description : absent(description.key),
    );
  }

  async function receive(
    changes: readonly DocumentChange[],
    from: ReplicaId,
  ): Promise<readonly ReceiveOutcome[]> {
    const { selection, mayWrite } = granted();
    const taken = changes.filter((change) => mayWrite && selection.has(change.id));
    const outcomes = (await store.receive(taken, from, { origin })).values();
    return changes.map((change): ReceiveOutcome => {
      if (!mayWrite) return refused('this replica may only read');
      if (!selection.has(change.id)) return refused('the document is outside of what the replica keeps');
      return outcomes.next().value ?? refused('not answered');
    });
  }

  return {
    identity,
    roots: async () => granted().selection.roots(),
    feedHead: async () => granted().selection.feedHead(),
    recent: async (...page) => granted().selection.recent(...page),
    digests: async (keys) => granted().selection.digests(keys),
    answerWalk: async (...question) => granted().selection.answer(...question),
    questionWalk: async (...paths) => granted().selection.question(...paths),
    compareWalk: async (...answer) => granted().selection.compare(...answer),
    describe,
    // Between members: what a guest says of contents is no evidence.
    contents: async () => ({ entries: [], next: null }),
    conflicting: async () => [],
    async difference(theirs) {
      const [belongs] = await granted().selection.belong([theirs.key]);
      if (belongs !== false) return store.difference(theirs);
      return { key: theirs.key, changes: [], wanted: false, mine: absent(theirs.key) };
    },
    receive,
    peerCursor: async (guest) => cursors.get(guest),
    setPeerCursor: async (guest, cursor) => cursors.set(guest, cursor),
    outboxHead: store.outboxHead,
    async outbox(after, maxBytes) {
      const page = await store.outbox(after, maxBytes);
      const entries = page.entries
        .filter(({ change }) => granted().selection.has(change.id))
        .map(withoutOrigin);
      return { ...page, entries };
    },
    mailCursor: async () => undefined,
    setMailCursor: async () => {},
    readState: async () => undefined,
    writeState: async () => {},
    changesFor: (batch, guest) =>
      granted()
        .selection.of(batch)
        .map((change) => {
          const isTheirs = change.origin.kind === 'client' && change.origin.session === session;
          return { ...change, origin: isTheirs ? { kind: 'peer', replica: guest } : { kind: 'local' } };
        }),
  };
}

/** Whom a change came from is the cluster's business. */
function withoutOrigin(entry: OutboxEntry): OutboxEntry {
  return { ...entry, from: null };
}

function absent(key: DocumentKey): DocumentDescription {
  return { key, life: 0, sketch: null, ended: null };
}

function refused(why: string): ReceiveOutcome {
  return err(taggedError('NOT_PERMITTED', why));
}
