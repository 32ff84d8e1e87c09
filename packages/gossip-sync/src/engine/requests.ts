import type { DocumentKey, ReplicaId } from '@hearsay/core';
import type { WalkAnswer, WalkQuestion, WalkStep } from '@hearsay/merkle';
import type {
  CollectionRoot,
  ContentEntry,
  ContentsPage,
  DocumentChange,
  DocumentDescription,
  OutboxPage,
  ReceiveOutcome,
  RecentPage,
} from '../ports.ts';
import type { DifferenceItem, ExchangeMode } from './documents/messages.ts';
import type { MemberClaim } from './membership/messages.ts';
import type { RememberedContact } from './peers/messages.ts';

/** Every question the engine has for its store, with the answer it gets: the driver turns them into calls. */
interface ReplicaCalls {
  /** The feed's head, then the roots: whatever came between is in the roots and is told again. */
  summary: [{ readonly peer: ReplicaId }, Summary];
  recent: [{ readonly after: number; readonly maxEntries: number }, RecentPage];
  /** Those of `entries` whose digest is another one here. */
  differing: [{ readonly entries: RecentPage['entries'] }, readonly DocumentKey[]];
  questionWalk: [{ readonly collection: string; readonly paths: readonly string[] }, WalkQuestion];
  answerWalk: [
    { readonly collection: string; readonly question: WalkQuestion; readonly maxBytes: number },
    WalkAnswer,
  ];
  /** Null when the answer does not fit its question: the peer's fault. */
  compareWalk: [
    { readonly collection: string; readonly question: WalkQuestion; readonly answer: WalkAnswer },
    WalkStep | null,
  ];
  describe: [{ readonly keys: readonly DocumentKey[] }, readonly DocumentDescription[]];
  differences: [
    {
      readonly descriptions: readonly DocumentDescription[];
      readonly mode: ExchangeMode;
      readonly maxBytes: number;
    },
    Differences,
  ];
  receive: [
    {
      readonly changes: readonly DocumentChange[];
      readonly from: ReplicaId;
      /** Documents of which the peer has nothing beyond these changes. */
      readonly complete?: readonly DocumentKey[];
    },
    readonly ReceiveOutcome[],
  ];
  contents: [{ readonly after: DocumentKey | null; readonly maxDocuments: number }, ContentsPage];
  conflicting: [{ readonly entries: readonly ContentEntry[] }, readonly DocumentKey[]];
  setPeerCursor: [{ readonly peer: ReplicaId; readonly cursor: number }, null];
  outbox: [{ readonly after: number; readonly maxBytes: number }, OutboxPage];
  mailCursor: [{ readonly peer: ReplicaId }, number | undefined];
  setMailCursor: [{ readonly peer: ReplicaId; readonly cursor: number }, null];
  rememberMembers: [{ readonly claims: readonly MemberClaim[] }, null];
  rememberContacts: [{ readonly contacts: readonly RememberedContact[] }, null];
}

/** Where this store stands, for comparing it with a peer's. */
export interface Summary {
  readonly head: number;
  readonly roots: readonly CollectionRoot[];
  /** Up to where the peer's change feed is known here; 0: unknown. */
  readonly cursor: number;
}

/** As far as the byte budget went. */
export interface Differences {
  readonly items: readonly DifferenceItem[];
  readonly unanswered: readonly DocumentKey[];
}

export type ReplicaCall = keyof ReplicaCalls;

/** One question, as data. */
export type ReplicaRequest = {
  readonly [Call in ReplicaCall]: { readonly call: Call } & ReplicaCalls[Call][0];
}[ReplicaCall];

/** What the store said to a question with this `call`. */
export type ReplicaAnswer = {
  readonly [Call in ReplicaCall]: { readonly call: Call; readonly value: ReplicaCalls[Call][1] };
}[ReplicaCall];

export type ReplicaCallRequest<Call extends ReplicaCall> = ReplicaCalls[Call][0];
export type ReplicaCallAnswer<Call extends ReplicaCall> = ReplicaCalls[Call][1];

/** Asks the store; its answer comes back as an event, with `token`. Tokens are values: a stale one is ignored. */
export interface AskEffect<Token> {
  readonly type: 'ask';
  readonly request: ReplicaRequest;
  readonly token: Token;
}

/** The answer to an {@link AskEffect}. */
export interface AnsweredEvent<Token> {
  readonly type: 'answered';
  readonly token: Token;
  readonly answer: ReplicaAnswer;
}
