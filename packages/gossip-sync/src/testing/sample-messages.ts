import { type Digest, type DocumentKey, type ReplicaId, utf8Encode } from '@hearsay/core';
import type { PeerMessage } from '../wire/message-table.ts';

const replicaId = '000102030405060708090a0b0c0d0e0f' as ReplicaId;
const key = '101112131415161718191a1b1c1d1e1f' as DocumentKey;
const digest = '202122232425262728292a2b2c2d2e2f' as Digest;
const id = { collection: 'default', name: 'a/b ö' };
const update = { kind: 'update', id, life: 2, update: Uint8Array.of(1, 2, 3) } as const;
const certificate = {
  kind: 'certificate',
  id,
  certificate: {
    life: 1,
    deletedAt: 7_000_000_000_000,
    activatedAt: 7_000_000_000_001,
    by: replicaId,
    clients: [1, 4_294_967_295],
  },
} as const;
const description = { key, life: 2, sketch: Uint8Array.of(0, 0), ended: digest };

const contact = { replicaId, addresses: ['ws://one:1234/peer'] };
const claim = {
  replicaId,
  session: 7,
  status: 'alive',
  incarnation: 3,
  revision: 1,
  by: null,
  description: { addresses: ['ws://one:1234/peer'], region: 'eu', capabilities: [] },
} as const;
const mark = { id: digest, sizeBytes: 3, count: 1 };

/** One message of every type, with every kind of value in it. */
export const sampleMessages: readonly PeerMessage[] = [
  {
    channel: 'handshake',
    message: {
      type: 'hello',
      version: 1,
      oldestVersion: 1,
      cluster: 'test',
      replicaId,
      incarnation: 3,
      session: 0xffffffff,
      nonce: 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
      addresses: ['ws://one:1234/peer'],
      region: 'eu',
      capabilities: ['dial-only'],
    },
  },
  { channel: 'handshake', message: { type: 'proof', token: 'a.b.c' } },
  { channel: 'peers', message: { type: 'neighbours', linked: [replicaId] } },
  {
    channel: 'mail',
    message: {
      type: 'delivery',
      number: 4,
      through: 300,
      entries: [
        { sequence: 299, change: update },
        { sequence: 300, change: certificate },
      ],
    },
  },
  { channel: 'parts', message: { type: 'part', lane: 'bulk', isLast: true, bytes: Uint8Array.of(1, 2, 3) } },
  { channel: 'mail', message: { type: 'receipt', through: 300, except: [299], unsure: 7 } },
  { channel: 'repair', message: { type: 'compare', session: 1, root: digest, head: 2 ** 40 } },
  { channel: 'contents', message: { type: 'sample', entries: [{ key, version: digest, content: digest }] } },
  { channel: 'contents', message: { type: 'conflicts', keys: [key] } },
  { channel: 'repair', message: { type: 'equal', session: 1, head: 5 } },
  { channel: 'repair', message: { type: 'differs', session: 1, root: digest, head: 5, count: 4, cursor: 3 } },
  { channel: 'repair', message: { type: 'busy', session: 1 } },
  { channel: 'repair', message: { type: 'recentRequest', session: 1, after: 3, maxEntries: 512 } },
  {
    channel: 'repair',
    message: {
      type: 'recent',
      session: 1,
      entries: [
        { key, digest },
        { key, digest: null },
      ],
      cursor: 5,
      complete: true,
    },
  },
  { channel: 'repair', message: { type: 'offer', session: 1, entries: [{ key, digest }] } },
  { channel: 'repair', message: { type: 'offerAnswer', session: 1, differing: [key] } },
  { channel: 'repair', message: { type: 'settled', session: 1, cursor: 5 } },
  { channel: 'repair', message: { type: 'rootsRequest', session: 1, after: '' } },
  {
    channel: 'repair',
    message: {
      type: 'roots',
      session: 1,
      roots: [{ collection: 'default', count: 4, digest }],
      complete: true,
    },
  },
  {
    channel: 'repair',
    message: {
      type: 'walk',
      session: 1,
      collection: 'default',
      question: { nodes: [{ path: '', children: null }] },
    },
  },
  {
    channel: 'repair',
    message: {
      type: 'walkAnswer',
      session: 1,
      collection: 'default',
      answer: { nodes: [{ kind: 'leaf', path: '', entries: [{ key, digest }] }], unanswered: [] },
    },
  },
  {
    channel: 'documents',
    message: {
      type: 'describe',
      batch: 9,
      mode: 'push-pull',
      descriptions: [description, { ...description, sketch: null, ended: null }],
    },
  },
  {
    channel: 'documents',
    message: {
      type: 'differences',
      batch: 9,
      items: [
        { key, changes: [update], partial: true, wanted: description },
        { key, changes: [], partial: false, wanted: null },
      ],
      unanswered: [key],
    },
  },
  { channel: 'documents', message: { type: 'changes', batch: 9, changes: [update, certificate] } },
  { channel: 'documents', message: { type: 'stored', batch: 9, refused: [key] } },
  {
    channel: 'presence',
    message: {
      type: 'states',
      owner: replicaId,
      states: [
        { id, client: 4_294_967_295, clock: 12, state: utf8Encode('{"user":1}') },
        { id, client: 7, clock: 13, state: null },
      ],
    },
  },
  { channel: 'membership', message: { type: 'ping', sequence: 1, claims: [claim] } },
  { channel: 'membership', message: { type: 'ack', sequence: 1, claims: [] } },
  {
    channel: 'membership',
    message: {
      type: 'pingRequest',
      sequence: 1,
      target: replicaId,
      claims: [{ ...claim, status: 'suspect', description: null }],
    },
  },
  { channel: 'membership', message: { type: 'nack', sequence: 1 } },
  { channel: 'membership', message: { type: 'gossip', claims: [claim] } },
  { channel: 'membership', message: { type: 'compare', digest } },
  { channel: 'membership', message: { type: 'compareParts', digests: [digest, digest] } },
  { channel: 'membership', message: { type: 'exchange', parts: [0, 63], claims: [claim], reply: true } },
  { channel: 'views', message: { type: 'join', contact } },
  { channel: 'views', message: { type: 'forwardJoin', joiner: contact, hops: 6 } },
  { channel: 'views', message: { type: 'neighbour', contact, priority: 'low' } },
  { channel: 'views', message: { type: 'neighbourAnswer', accepted: false } },
  { channel: 'views', message: { type: 'disconnect', leaving: true } },
  {
    channel: 'views',
    message: { type: 'shuffle', origin: contact, hops: 3, path: [replicaId], peers: [contact] },
  },
  { channel: 'views', message: { type: 'shuffleAnswer', path: [], peers: [contact] } },
  {
    channel: 'rumour',
    message: {
      type: 'gossip',
      conversation: 0,
      carried: [mark],
      announced: [mark],
      pull: true,
      feedback: false,
      payloads: [update],
    },
  },
  {
    channel: 'rumour',
    message: { type: 'answer', carried: [], announced: [mark], feedback: true, payloads: [] },
  },
  {
    channel: 'rumour',
    message: { type: 'feedback', role: 'pull', outcomes: [{ id: digest, known: true, count: null }] },
  },
  { channel: 'rumour', message: { type: 'request', ids: [digest] } },
  { channel: 'rumour', message: { type: 'payload', ids: [digest], payloads: [certificate] } },
  { channel: 'rumour', message: { type: 'refuse', conversation: 3 } },
];
