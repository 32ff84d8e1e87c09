import { PassThrough } from 'node:stream';
import { documentKey, err, limits, ok, type Result, SharedBudget, taggedError } from '@hearsay/core';
import type { DocumentLookup, DocumentStore, SubmitError, SubmitReceipt } from '@hearsay/storage';
import { describe, expect, test } from 'vitest';
import { openAccess } from '../access/access.ts';
import { createLog } from '../telemetry/log.ts';
import { noWorkers } from '../testing/no-workers.ts';
import type { ConnectionListener } from '../websocket/connection.ts';
import type { DocumentAccess } from './access.ts';
import { ClientSocket } from './client-socket.ts';
import { FanOut } from './fan-out.ts';
import { NewDocuments } from './new-documents.ts';
import { PresenceHub } from './presence.ts';
import { StateReader } from './state-reader.ts';
import { UserConnections } from './user-connections.ts';
import { WriteShares } from './write-shares.ts';

type Submit = (update: Uint8Array) => Promise<Result<SubmitReceipt, SubmitError>>;

interface Fixture {
  readonly socket: ClientSocket;
  /** What the server did to the connection, in order. */
  readonly done: string[];
  /** Messages it sent. */
  readonly sent: Uint8Array[];
  readonly fanOut: FanOut;
  readonly clock: { now: number };
  receive(...bytes: number[]): void;
  drop(): void;
}

/** A socket over an empty store, whose writes `submit` answers. */
function fixture(
  submit: Submit,
  access: DocumentAccess = openAccess,
  { output = new SharedBudget(1000), users = new UserConnections(1), buffered = { bytes: 0 } } = {},
): Fixture {
  const done: string[] = [];
  const sent: Uint8Array[] = [];
  let listener: ConnectionListener | undefined;
  const absent = { phase: 'absent', life: 0, bytes: 0 } as DocumentLookup;
  const store: Pick<DocumentStore, 'submit' | 'read' | 'lookup'> = {
    submit: (_id, update) => submit(update),
    read: async () => ok(undefined),
    lookup: async () => absent,
  };
  const fanOut = new FanOut();
  const clock = { now: 0 };
  return {
    done,
    sent,
    fanOut,
    clock,
    receive: (...bytes) => listener?.received(Uint8Array.from(bytes), true),
    drop: () => listener?.closed(1006),
    socket: new ClientSocket(
      {
        store,
        lookup: store.lookup,
        spread: { wait: async () => () => {} },
        cluster: 'test',
        replicaId: 'ab',
        fanOut,
        reader: new StateReader(store, noWorkers),
        presence: new PresenceHub({ carrier: { announce: () => {} }, later: () => {} }),
        newDocuments: new NewDocuments(
          { perMinute: 0, perCollection: 0 },
          { store: { lookup: store.lookup, roots: async () => [] }, now: () => 0 },
        ),
        waiting: new SharedBudget(limits.clientsWaitingBytes),
        output,
        users,
        writes: new WriteShares(),
        access,
        log: createLog({ level: 'silent', format: 'json', output: new PassThrough() }),
        now: () => clock.now,
      },
      {
        address: 'test',
        get bufferedBytes() {
          return buffered.bytes;
        },
        listen: (given) => {
          listener = given;
        },
        send: (message) => sent.push(message),
        write: () => {},
        gather: () => {},
        pause: () => done.push('pause'),
        resume: () => done.push('resume'),
        close: (code) => done.push(`close ${code}`),
        cut: (code) => done.push(`cut ${code}`),
      },
      { collection: 'default', document: { collection: 'default', name: 'a' }, token: null },
      'c1',
    ),
  };
}

const stepOne = [0, 0, 1, 0];
const update = [0, 2, 2, 0, 0];
const settled: Submit = async () =>
  ok({ key: 'k', life: 1, novel: true, sequence: 1 } as unknown as SubmitReceipt);

/** Lets everything that is under way come to its end. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe('a client socket', () => {
  test('A43: a client that is let in to no document within 10 s is cut off, whatever it says', async () => {
    const silent = fixture(settled);
    silent.clock.now = 9999;
    silent.socket.checkLogin();
    expect(silent.done).toEqual([]);
    silent.clock.now = 10_000;
    silent.socket.checkLogin();
    expect(silent.done).toEqual(['cut 4508']);
    // In the dialect in which a refusal leaves the socket open.
    const talking = fixture(settled, { decide: async () => ({ permission: null, reason: 'no' }) });
    for (let second = 0; second < 10; second++) {
      talking.clock.now = second * 1000;
      talking.receive(1, 97, 2, 0, 1, 116);
      await settle();
      talking.receive(1, 97, 0, 0, 1, 0);
      talking.socket.checkLogin();
      talking.socket.tick();
    }
    expect(talking.done).toEqual([]);
    talking.clock.now = 10_000;
    talking.receive(1, 97, 3);
    talking.socket.checkLogin();
    expect(talking.done).toEqual(['cut 4508']);
    const speaking = fixture(settled);
    speaking.receive(...stepOne);
    await settle();
    speaking.clock.now = 10_000;
    speaking.socket.checkLogin();
    expect(speaking.done).toEqual([]);
  });

  test('A29: a client that does not read is closed with 1013 before it costs much', async () => {
    const buffered = { bytes: 0 };
    const slow = fixture(settled, openAccess, { buffered });
    slow.receive(...stepOne);
    await settle();
    buffered.bytes = limits.clientBufferSoftBytes + 1;
    const key = documentKey({ collection: 'default', name: 'a' });
    const update = new Uint8Array(limits.clientBufferHardBytes / 4);
    for (let piece = 0; piece < 4; piece++) slow.fanOut.publish([{ key, life: 1, session: null, update }]);
    expect(slow.done).toEqual([]);
    slow.fanOut.publish([{ key, life: 1, session: null, update: Uint8Array.of(0, 0) }]);
    expect(slow.done).toEqual(['close 1013']);
  });

  test('A157: of clients that read too slowly, those that most waits for are cut off when it is too much together', () => {
    const output = new SharedBudget(1000);
    const clients = [300, 600, 100].map((bytes) =>
      fixture(settled, openAccess, { output, buffered: { bytes } }),
    );
    for (const { socket } of clients) socket.checkOutput();
    expect(clients.map(({ done }) => done)).toEqual([[], [], []]);
    const last = fixture(settled, openAccess, { output, buffered: { bytes: 200 } });
    last.socket.checkOutput();
    expect([...clients, last].map(({ done }) => done)).toEqual([[], ['cut 1013'], [], []]);
    clients[0]?.drop();
    expect(output.total).toBe(300);
  });

  test('A158: a user is logged in on so many sockets and no more; documents of one socket count once', async () => {
    const users = new UserConnections(2);
    const permission = { read: true, write: true, presence: true };
    const standing = { user: 'ann', endsAtMs: Number.MAX_SAFE_INTEGER, whyOver: () => null };
    const access: DocumentAccess = { decide: async () => ({ permission, reason: '', standing }) };
    const open = async (): Promise<Fixture> => {
      const made = fixture(settled, access, { users });
      for (const name of [97, 98]) {
        made.receive(1, name, 2, 0, 1, 116);
        await settle();
      }
      return made;
    };
    const [first, second, third] = [await open(), await open(), await open()];
    expect([first.done, second.done]).toEqual([[], []]);
    expect(third.done[0]).toBe('close 1013');
    first.drop();
    expect((await open()).done).toEqual([]);
  });

  test('A44: a client that writes faster than the disk is read more slowly, and nothing is dropped', async () => {
    const { most: maxUnsettled } = new WriteShares();
    const waiting: (() => void)[] = [];
    const { receive, done } = fixture(
      () => new Promise((resolve) => waiting.push(() => void settled(new Uint8Array()).then(resolve))),
    );
    receive(...stepOne);
    await settle();
    for (let i = 1; i < maxUnsettled; i++) receive(...update);
    expect(done).toEqual([]);
    receive(...update);
    expect(done).toEqual(['pause']);
    expect(waiting).toHaveLength(maxUnsettled);
    for (const finish of waiting.splice(0, maxUnsettled / 2)) finish();
    await settle();
    expect(done).toEqual(['pause', 'resume']);
  });

  test('A37: an update that the store refuses for good ends the socket; what may pass later is told so', async () => {
    const malformed = fixture(async () => err(taggedError('UPDATE_MALFORMED', 'no update')));
    malformed.receive(...stepOne);
    await settle();
    malformed.receive(...update);
    await settle();
    expect(malformed.done).toEqual(['close 4400']);
    const full = fixture(async () => err(taggedError('DISK_FULL', 'no space', true)));
    full.receive(...stepOne);
    await settle();
    full.receive(...update);
    await settle();
    expect(full.done).toEqual(['close 4513']);
  });

  test('A37: a store that is gone ends the socket, not the process', async () => {
    const { receive, done } = fixture(() => Promise.reject(new Error('gone')));
    receive(...stepOne);
    await settle();
    receive(...update);
    await settle();
    expect(done).toEqual(['close 4513']);
  });

  test('A31: a socket that is gone leaves nothing behind', async () => {
    const { receive, drop, fanOut } = fixture(settled);
    receive(...stepOne);
    await settle();
    expect(fanOut.documents).toBe(1);
    drop();
    expect(fanOut.documents).toBe(0);
    receive(...stepOne);
    await settle();
    expect(fanOut.documents).toBe(0);
  });
});
