import { describe, expect, test } from 'vitest';
import { AddressLimits } from './address-limits.ts';

function limits(): AddressLimits {
  return new AddressLimits({ maxPerAddress: 3, maxTotal: 10, handshakesPerSecond: 5 });
}

function admitted(from: AddressLimits, address: string, count: number, now = 0): number {
  return Array.from({ length: count }, () => from.admit(address, now)).filter((one) => one.admitted).length;
}

describe('limits by address', () => {
  test('A13: an address has so many connections, another has its own', () => {
    const from = limits();
    expect(admitted(from, '192.0.2.1', 9)).toBe(3);
    expect(admitted(from, '192.0.2.2', 9)).toBe(3);
  });

  test('A13: a closed connection makes room, once', () => {
    const from = limits();
    const first = from.admit('192.0.2.1', 0);
    admitted(from, '192.0.2.1', 2);
    if (!first.admitted) throw new Error('not admitted');
    first.release();
    first.release();
    expect(from.total).toBe(2);
    expect(admitted(from, '192.0.2.1', 5)).toBe(1);
  });

  test('A13: handshakes come at a rate, with a burst', () => {
    const from = new AddressLimits({ maxPerAddress: 1000, maxTotal: 1000, handshakesPerSecond: 5 });
    expect(admitted(from, '192.0.2.1', 100, 0)).toBe(10);
    expect(admitted(from, '192.0.2.1', 100, 400)).toBe(2);
    expect(admitted(from, '192.0.2.1', 100, 60_000)).toBe(10);
  });

  test('A13: all addresses together are bounded, loopback included', () => {
    const from = limits();
    expect(admitted(from, '127.0.0.1', 7)).toBe(7);
    expect(admitted(from, '::ffff:127.0.0.1', 2)).toBe(2);
    expect(admitted(from, '192.0.2.1', 2)).toBe(1);
    expect(admitted(from, '::1', 2)).toBe(0);
  });

  test('A13: hosts of one IPv6 network count as one, IPv4 over IPv6 as IPv4', () => {
    const from = limits();
    expect(admitted(from, '2001:db8:0:1::1', 2)).toBe(2);
    expect(admitted(from, '2001:0db8::1:ffff:0:0:9', 2)).toBe(1);
    expect(admitted(from, '2001:db8:0:2::1', 1)).toBe(1);
    expect(admitted(from, '192.0.2.1', 2)).toBe(2);
    expect(admitted(from, '::ffff:192.0.2.1', 2)).toBe(1);
  });

  test('A13: addresses that left are forgotten once their allowance has refilled', () => {
    const from = limits();
    const one = from.admit('192.0.2.1', 0);
    if (one.admitted) one.release();
    from.sweep(1);
    expect(from.remembered).toBe(1);
    from.sweep(10_000);
    expect(from.remembered).toBe(0);
  });
});
