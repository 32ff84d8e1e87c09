import { limits } from '@hearsay/core';
import { changeBytes, piecesOf } from '../engine/changes.ts';
import type { DifferenceItem, ExchangeMode } from '../engine/documents/messages.ts';
import type { Differences, ReplicaAnswer, ReplicaRequest } from '../engine/requests.ts';
import type { DocumentChange, DocumentDescription, Replica } from '../ports.ts';
import { contactsRecord, encodeContacts, encodeMembers, membersRecord } from './remembered.ts';

/** Puts one question of the engine to the store. Rejects only when the store is gone. */
export async function performRequest(replica: Replica, request: ReplicaRequest): Promise<ReplicaAnswer> {
  const { call } = request;
  switch (call) {
    case 'summary': {
      // The head first: what is committed between the two is in the roots, and told again.
      const head = await replica.feedHead();
      const [roots, cursor] = await Promise.all([replica.roots(), replica.peerCursor(request.peer)]);
      return { call, value: { head, roots, cursor } };
    }
    case 'recent':
      return { call, value: await replica.recent(request.after, request.maxEntries) };
    case 'differing': {
      const keys = request.entries.map((entry) => entry.key);
      const mine = await replica.digests(keys);
      return { call, value: keys.filter((_, index) => mine[index] !== request.entries[index]?.digest) };
    }
    case 'questionWalk':
      return { call, value: await replica.questionWalk(request.collection, request.paths) };
    case 'answerWalk': {
      const { collection, question, maxBytes } = request;
      return { call, value: await replica.answerWalk(collection, question, maxBytes) };
    }
    case 'compareWalk': {
      const { collection, question, answer } = request;
      return { call, value: await replica.compareWalk(collection, question, answer).catch(unlessUnasked) };
    }
    case 'describe':
      return { call, value: await replica.describe(request.keys) };
    case 'differences':
      return { call, value: await differences(replica, request) };
    case 'receive': {
      const { changes, from, complete = [] } = request;
      return { call, value: await replica.receive(changes, from, { complete }) };
    }
    case 'contents':
      return { call, value: await replica.contents(request.after, request.maxDocuments) };
    case 'conflicting':
      return { call, value: await replica.conflicting(request.entries) };
    case 'setPeerCursor':
      await replica.setPeerCursor(request.peer, request.cursor);
      return { call, value: null };
    case 'outbox':
      return { call, value: await replica.outbox(request.after, request.maxBytes) };
    case 'mailCursor':
      return { call, value: await replica.mailCursor(request.peer) };
    case 'setMailCursor':
      await replica.setMailCursor(request.peer, request.cursor);
      return { call, value: null };
    case 'rememberMembers':
      await replica.writeState(membersRecord, encodeMembers(request.claims));
      return { call, value: null };
    case 'rememberContacts':
      await replica.writeState(contactsRecord, encodeContacts(request.contacts));
      return { call, value: null };
  }
}

/** Merkle throws on an answer that does not fit its question: the peer's fault, not the store's. */
function unlessUnasked(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'WALK_ANSWER_INVALID') return null;
  throw error;
}

/** Bytes of one update in an answer: several pieces make one message, and the message stays under its limit. */
const pieceBytes = limits.peerMessageBytes / 8;

/** One document after the other, until the budget is used up; each that is begun gives at least one piece. */
async function differences(
  replica: Replica,
  {
    descriptions,
    mode,
    maxBytes,
  }: {
    readonly descriptions: readonly DocumentDescription[];
    readonly mode: ExchangeMode;
    readonly maxBytes: number;
  },
): Promise<Differences> {
  const items: DifferenceItem[] = [];
  let leftBytes = maxBytes;
  for (const [index, theirs] of descriptions.entries()) {
    if (leftBytes <= 0) {
      return { items, unanswered: descriptions.slice(index).map((description) => description.key) };
    }
    const { key, changes, wanted, mine, isPartial, isUndecided } = await replica.difference(theirs);
    if (isUndecided === true) continue;
    const pieces = mode === 'push' ? [] : changes.flatMap((change) => piecesOf(change, pieceBytes));
    const sent: DocumentChange[] = [];
    for (const piece of pieces) {
      const bytes = changeBytes(piece);
      // The end of a life means something with the next one's beginning: they are not torn apart.
      if (bytes > leftBytes && sent.some(({ kind }) => kind === 'update')) break;
      sent.push(piece);
      leftBytes -= bytes;
    }
    const describesMine = wanted && mode !== 'pull';
    if (describesMine) leftBytes -= mine.sketch?.byteLength ?? 0;
    items.push({
      key,
      changes: sent,
      partial: sent.length < pieces.length || (isPartial === true && mode !== 'push'),
      wanted: describesMine ? mine : null,
    });
  }
  return { items, unanswered: [] };
}
