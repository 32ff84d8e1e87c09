import { createRandom } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { type ConnectionEffect, ConnectionMachine, type TransportName } from './connection-machine.ts';
import { backOffMs, connectionTunables } from './connection-tunables.ts';

const {
  backOffBaseMs,
  backOffMaxMs,
  openMs,
  pingAfterMs,
  answerMs,
  provenAfterMs,
  returnAfterMs,
  unopenedUntilPoll,
} = connectionTunables;

/** A machine on a clock of its own, and a count of the links that are open or opening. */
class Drive {
  now = 0;
  readonly machine: ConnectionMachine;
  readonly links = new Map<number, TransportName>();
  most = 0;

  constructor(random: () => number = () => 0.5) {
    this.machine = new ConnectionMachine(random);
  }

  handle(event: Parameters<ConnectionMachine['handle']>[0]): ConnectionEffect[] {
    const effects = this.machine.handle(event, this.now);
    if (event.type === 'closed') this.links.delete(event.link);
    for (const effect of effects) {
      if (effect.type === 'open') this.links.set(effect.link, effect.transport);
      if (effect.type === 'drop') this.links.delete(effect.link);
    }
    this.most = Math.max(this.most, this.links.size);
    return effects;
  }

  /** Goes on to the next moment at which something is due. */
  tick(): ConnectionEffect[] {
    this.now = this.machine.nextTick() ?? this.now;
    return this.handle({ type: 'tick' });
  }

  /** The newest link. */
  get link(): number {
    return [...this.links.keys()].at(-1) ?? -1;
  }

  get transport(): TransportName | undefined {
    return this.links.get(this.link);
  }

  close(code = 1006): ConnectionEffect[] {
    return this.handle({ type: 'closed', link: this.link, code, reason: 'gone' });
  }

  open(): ConnectionEffect[] {
    return this.handle({ type: 'opened', link: this.link });
  }
}

/** How many values fall into each of so many ranges of `width`, from 0 on. */
function histogram(values: readonly number[], ranges: number, width: number): number[] {
  const counts = new Array<number>(ranges).fill(0);
  for (const value of values) {
    const range = Math.floor(value / width);
    counts[range] = (counts[range] ?? 0) + 1;
  }
  return counts;
}

const names = (effects: readonly ConnectionEffect[]): string[] => effects.map(({ type }) => type);

describe('a connection', () => {
  test('O21: is tried again after pauses of full jitter, whose bound doubles up to a limit', () => {
    expect(backOffMs(0, 0)).toBe(0);
    expect(backOffMs(0, 0.5)).toBe(backOffBaseMs / 2);
    expect(backOffMs(3, 0.5)).toBe(backOffBaseMs * 4);
    expect(backOffMs(1000, 0.5)).toBe(backOffMaxMs / 2);
    const drive = new Drive();
    drive.handle({ type: 'wanted' });
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      drive.close();
      const began = drive.now;
      drive.tick();
      pauses.push(drive.now - began);
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    // A connection that held is good: the next pause is short again.
    drive.open();
    drive.now += provenAfterMs;
    drive.handle({ type: 'heard', link: drive.link });
    drive.close();
    expect((drive.machine.nextTick() ?? 0) - drive.now).toBe(backOffBaseMs / 2);
  });

  test('O21: one that is lost right after it opened does not shorten the pauses', () => {
    const drive = new Drive();
    drive.handle({ type: 'wanted' });
    for (let attempt = 0; attempt < 4; attempt++) {
      drive.open();
      drive.close();
      drive.tick();
    }
    drive.open();
    drive.close();
    expect((drive.machine.nextTick() ?? 0) - drive.now).toBe(backOffBaseMs * 8);
  });

  test('O21: thousands that lost one server at the same moment spread out evenly, more thinly each time', () => {
    const clients = 3000;
    const outageMs = 60_000;
    const attempts: number[] = [];
    /** Each pause as a share of the bound on it, by how many came before. */
    const shares: number[][] = [];
    const returns: number[] = [];
    for (let client = 0; client < clients; client++) {
      const random = createRandom(`herd ${client}`);
      const drive = new Drive(() => random.next());
      drive.handle({ type: 'wanted' });
      drive.open();
      drive.close();
      for (let number = 0; drive.now < outageMs; number++) {
        const began = drive.now;
        drive.tick();
        const ofNumber = shares[number] ?? [];
        ofNumber.push((drive.now - began) / backOffMs(number, 1));
        shares[number] = ofNumber;
        if (drive.now < outageMs) attempts.push(drive.now);
        else returns.push(drive.now - outageMs);
        drive.close();
      }
    }
    for (const ofNumber of [shares[0], shares[1], shares[4], shares.flat()]) {
      const deciles = histogram(ofNumber ?? [], 10, 0.1);
      const even = (ofNumber ?? []).length / 10;
      // Five standard deviations of a binomial count.
      for (const count of deciles) expect(Math.abs(count - even)).toBeLessThan(5 * Math.sqrt(even * 0.9));
    }
    const seconds = histogram(attempts, outageMs / 1000, 1000);
    expect(seconds[0]).toBeGreaterThan(clients);
    // With half the longest pause between two attempts of each, on average.
    const thin = clients / (backOffMaxMs / 2000);
    for (const count of seconds.slice(30)) expect(count).toBeLessThan(thin * 1.5);
    // Nor do they come as one when the server is back, and none stays away for longer than the longest pause.
    expect(Math.max(...histogram(returns, backOffMaxMs / 1000, 1000))).toBeLessThan(thin * 1.5);
    expect(returns).toHaveLength(clients);
    expect(Math.max(...returns)).toBeLessThan(backOffMaxMs);
  });

  test('O22: there is one at most, however often it is wanted, stirred or late', () => {
    const drive = new Drive();
    for (let round = 0; round < 20; round++) {
      drive.handle({ type: 'wanted' });
      drive.handle({ type: 'stirred', online: true });
      drive.handle({ type: 'wanted' });
      if (round % 3 === 0) drive.open();
      else drive.tick();
      // What is told of one that was given up counts for nothing.
      drive.handle({ type: 'opened', link: 0 });
      drive.handle({ type: 'closed', link: 0, code: 1006, reason: '' });
      if (round % 4 === 0) drive.close();
    }
    expect(drive.most).toBe(1);
    drive.handle({ type: 'unwanted' });
    expect(drive.links.size).toBe(0);
    expect(drive.machine.nextTick()).toBeUndefined();
  });

  test('O23: silence is asked about and then given up; so is an attempt that never opens', () => {
    const drive = new Drive();
    drive.handle({ type: 'wanted' });
    expect(names(drive.tick())).toEqual(['drop', 'failed']);
    expect(drive.now).toBe(openMs);
    drive.tick();
    drive.open();
    const opened = drive.now;
    expect(names(drive.tick())).toEqual(['ping']);
    expect(drive.now - opened).toBe(pingAfterMs);
    drive.handle({ type: 'heard', link: drive.link });
    expect(names(drive.tick())).toEqual(['ping']);
    expect(names(drive.tick())).toEqual(['drop', 'down']);
    expect(drive.now - opened).toBe(2 * pingAfterMs + answerMs);
  });

  test('O24: a change of network or a sleep is a reason to try at once, and to ask whether anybody is there', () => {
    const drive = new Drive(() => 0.99);
    drive.handle({ type: 'wanted' });
    for (let attempt = 0; attempt < 6; attempt++) {
      drive.close();
      if (attempt < 5) drive.tick();
    }
    expect(drive.handle({ type: 'stirred', online: false })).toEqual([]);
    expect(names(drive.handle({ type: 'stirred', online: true }))).toEqual(['open']);
    drive.open();
    expect(names(drive.handle({ type: 'stirred', online: true }))).toEqual(['ping']);
    const asked = drive.now;
    expect(names(drive.tick())).toEqual(['drop', 'down']);
    expect(drive.now - asked).toBe(answerMs);
  });

  test('O25: a close that says not to come back is kept to until somebody asks', () => {
    const drive = new Drive();
    drive.handle({ type: 'wanted' });
    drive.open();
    drive.close(4403);
    expect(drive.machine.state).toMatchObject({ name: 'refused', code: 4403 });
    expect(drive.machine.nextTick()).toBeUndefined();
    expect(drive.handle({ type: 'stirred', online: true })).toEqual([]);
    expect(names(drive.handle({ type: 'wanted' }))).toEqual(['open']);
  });

  test('O26: where WebSockets never open it polls, and goes back when one does', () => {
    const drive = new Drive();
    drive.handle({ type: 'wanted' });
    for (let attempt = 0; attempt < unopenedUntilPoll; attempt++) {
      expect(drive.transport).toBe('websocket');
      drive.close();
      drive.tick();
    }
    expect(drive.transport).toBe('long-poll');
    drive.open();
    const polling = drive.link;
    for (let time = 0; time < returnAfterMs; time += pingAfterMs) {
      drive.now += pingAfterMs - 1;
      drive.handle({ type: 'heard', link: polling });
    }
    drive.now = Math.max(drive.now, returnAfterMs * 2);
    drive.handle({ type: 'heard', link: polling });
    expect(drive.handle({ type: 'tick' })).toMatchObject([{ type: 'open', transport: 'websocket' }]);
    // Still blocked: polling goes on.
    expect(drive.close()).toEqual([]);
    expect([...drive.links.values()]).toEqual(['long-poll']);
    drive.now += returnAfterMs;
    drive.handle({ type: 'heard', link: polling });
    drive.handle({ type: 'tick' });
    expect(drive.transport).toBe('websocket');
    expect(names(drive.open())).toEqual(['drop', 'down', 'up']);
    expect([...drive.links.values()]).toEqual(['websocket']);
  });

  test('O26: once it opened a WebSocket, a server that is away is no reason to poll at first', () => {
    const drive = new Drive();
    drive.handle({ type: 'wanted' });
    drive.open();
    drive.close();
    drive.tick();
    drive.close();
    drive.tick();
    expect(drive.transport).toBe('websocket');
  });
});
