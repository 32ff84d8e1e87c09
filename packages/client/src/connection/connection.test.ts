import { expect, test } from 'vitest';
import { clientFrames } from '../wire/client-frames.ts';
import { type ChannelUser, Connection } from './connection.ts';
import { connectionTunables } from './connection-tunables.ts';
import type { TransportEvents } from './transport.ts';

/** A connection whose clocks, timer and transports the test has in hand. */
class Fixture {
  monotonic = 0;
  wall = 1_000_000;
  due: { readonly at: number; readonly fire: () => void } | undefined;
  stir: (online: boolean) => void = () => {};
  readonly transports: {
    readonly events: TransportEvents;
    readonly sent: Uint8Array[];
    isClosed: boolean;
  }[] = [];
  readonly connection: Connection = new Connection(
    {
      clock: { now: () => this.wall, monotonic: () => this.monotonic },
      timers: {
        set: (delayMs, fire) => {
          const due = { at: this.monotonic + delayMs, fire };
          this.due = due;
          return () => {
            if (this.due === due) this.due = undefined;
          };
        },
      },
      random: () => 0.5,
      openTransport: (_transport, _options, events) => {
        const transport = { events, sent: [] as Uint8Array[], isClosed: false };
        this.transports.push(transport);
        return {
          waitingBytes: 0,
          send: (frame) => transport.sent.push(frame),
          close: () => {
            transport.isClosed = true;
          },
        };
      },
      onStir: (listener) => {
        this.stir = listener;
        return () => {
          this.stir = () => {};
        };
      },
    },
    'ws://test',
  );

  get last(): Fixture['transports'][number] {
    const last = this.transports.at(-1);
    if (last === undefined) throw new Error('nothing was opened');
    return last;
  }

  /** The timer fires; the device was awake for as long as the monotonic clock says. */
  fire(sleptMs = 0): void {
    const { due } = this;
    if (due === undefined) throw new Error('no timer is set');
    this.due = undefined;
    this.wall += due.at - this.monotonic + sleptMs;
    this.monotonic = due.at;
    due.fire();
  }
}

function user(told: string[]): ChannelUser {
  return {
    up: () => told.push('up'),
    down: () => told.push('down'),
    failed: () => told.push('failed'),
    message: ({ type }) => told.push(type),
    changed: () => {},
    token: async () => '',
  };
}

test('O38: a device that slept asks at once whether the connection is still there', () => {
  const fixture = new Fixture();
  fixture.connection.attach('a', user([]));
  fixture.last.events.opened();
  fixture.fire();
  const pings = (): number => fixture.last.sent.length;
  expect(pings()).toBe(1);
  fixture.last.events.frame(clientFrames.pong());
  // Hours went by, and the monotonic clock stood still.
  fixture.monotonic += 1000;
  fixture.wall += 1000;
  fixture.last.events.frame(clientFrames.pong());
  fixture.fire(3_600_000);
  expect(pings()).toBe(2);
  expect((fixture.due?.at ?? 0) - fixture.monotonic).toBe(connectionTunables.answerMs);
  fixture.fire();
  expect(fixture.last.isClosed).toBe(true);
});

test('O39: one transport serves all channels; what is told of one that was dropped counts for nothing', () => {
  const fixture = new Fixture();
  const [a, b]: [string[], string[]] = [[], []];
  fixture.connection.attach('a', user(a));
  fixture.connection.attach('b', user(b));
  expect(fixture.transports).toHaveLength(1);
  const [first] = fixture.transports;
  first?.events.opened();
  first?.events.closed(1006, '');
  first?.events.opened();
  fixture.stir(true);
  fixture.stir(true);
  expect(fixture.transports).toHaveLength(2);
  fixture.last.events.opened();
  expect([a, b]).toEqual([
    ['up', 'down', 'up'],
    ['up', 'down', 'up'],
  ]);
  fixture.last.events.frame(Uint8Array.of(1, 97, 3));
  expect(a.at(-1)).toBe('queryAwareness');
  expect(b.at(-1)).toBe('up');
  fixture.connection.detach('a');
  expect(fixture.last.isClosed).toBe(false);
  fixture.connection.detach('b');
  expect(fixture.last.isClosed).toBe(true);
});

test('O40: a malformed frame costs the connection and no more', () => {
  const fixture = new Fixture();
  const told: string[] = [];
  fixture.connection.attach('a', user(told));
  fixture.last.events.opened();
  fixture.last.events.frame(Uint8Array.of(1, 97, 0, 9, 0));
  expect(fixture.last.isClosed).toBe(true);
  expect(told).toEqual(['up', 'down']);
  fixture.fire();
  fixture.last.events.opened();
  // Of a type that a later server may have.
  fixture.last.events.frame(Uint8Array.of(1, 97, 50, 1, 2, 3));
  fixture.last.events.frame(Uint8Array.of(9));
  expect(fixture.last.sent.at(-1)).toEqual(clientFrames.pong());
  expect(told).toEqual(['up', 'down', 'up']);
});
