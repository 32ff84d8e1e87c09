import { describe, expect, test } from 'vitest';
import { WriteShares } from './write-shares.ts';

describe('shares of what is being written', () => {
  test('A207: who writes alone has all of it, many have a part each, and never less than a batch takes', () => {
    const shares = new WriteShares();
    const sockets = Array.from({ length: 50 }, () => ({}));
    const [first = {}, second = {}] = sockets;
    expect(shares.most).toBe(1024);
    shares.wrote(first);
    shares.wrote(first);
    expect(shares.most).toBe(1024);
    shares.wrote(second);
    expect(shares.most).toBe(512);
    for (const socket of sockets) shares.wrote(socket);
    expect(shares.most).toBe(128);
    shares.look();
    shares.wrote(first);
    expect(shares.most).toBe(128);
    shares.look();
    expect(shares.most).toBe(1024);
  });
});
