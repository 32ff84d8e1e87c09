import { describe, expect, test } from 'vitest';
import { createEdgeAccess } from './access.ts';

const onLoopback = createEdgeAccess({
  host: '127.0.0.1',
  allowOrigin: ['https://good.example'],
  allowHost: [],
});
const inPublic = createEdgeAccess({ host: '0.0.0.0', allowOrigin: ['https://good.example'], allowHost: [] });

describe('origins', () => {
  test.each([
    [undefined, true],
    ['https://good.example', true],
    ['https://GOOD.example', true],
    ['http://localhost:5173', true],
    ['http://[::1]:8080', true],
    ['http://good.example', false],
    ['https://good.example:8443', false],
    ['https://good.example.evil', false],
    ['https://evil-good.example', false],
    ['https://evil.example', false],
    ['null', false],
    ['', false],
    ['http://localhost.evil.example', false],
    ['http://127.0.0.1.evil.example', false],
  ])('A12: on loopback %j may connect: %j', (origin, allowed) => {
    expect(onLoopback.originAllowed(origin, '127.0.0.1:1234')).toBe(allowed);
  });

  test.each([
    [undefined, true],
    ['https://good.example', true],
    ['https://node.example', true],
    ['https://node.example:444', false],
    ['http://localhost:5173', false],
    ['null', false],
  ])('A12: in public, at node.example, %j may connect: %j', (origin, allowed) => {
    expect(inPublic.originAllowed(origin, 'node.example')).toBe(allowed);
  });

  test('A12: a star lets all in', () => {
    const open = createEdgeAccess({ host: '127.0.0.1', allowOrigin: ['*'], allowHost: [] });
    expect(open.originAllowed('null', 'x')).toBe(true);
  });
});

describe('hosts', () => {
  test.each([
    ['127.0.0.1:1234', true],
    ['localhost', true],
    ['[::1]:99', true],
    ['evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['localhost:1234/x', false],
    ['localhost<script>', false],
    [undefined, false],
    ['', false],
  ])('A11: on loopback the Host %j is served: %j', (host, served) => {
    expect(onLoopback.hostAllowed(host)).toBe(served);
  });

  test('A11: in public every name is served until some are listed', () => {
    expect(inPublic.hostAllowed('anything.example')).toBe(true);
    const listed = createEdgeAccess({ host: '0.0.0.0', allowOrigin: [], allowHost: ['node.example'] });
    expect(listed.hostAllowed('node.example:443')).toBe(true);
    expect(listed.hostAllowed('NODE.example')).toBe(true);
    expect(listed.hostAllowed('other.example')).toBe(false);
  });
});
