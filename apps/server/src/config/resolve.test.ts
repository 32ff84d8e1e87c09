import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { HearsayError } from '../failures.ts';
import { environmentName, optionNames } from './options.ts';
import { type ConfigSources, resolveConfig } from './resolve.ts';

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function file(content: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'hearsay-config-'));
  directories.push(directory);
  const path = join(directory, 'settings');
  writeFileSync(path, content);
  return path;
}

function resolve(sources: Partial<ConfigSources>): ReturnType<typeof resolveConfig> {
  return resolveConfig({ flags: {}, environment: {}, file: undefined, ...sources });
}

function refusal(sources: Partial<ConfigSources>): HearsayError {
  try {
    resolve(sources);
  } catch (error) {
    if (error instanceof HearsayError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

const secret = 'b3f1c07a9d5e48620c6e91f7d2a8b435';

describe('configuration', () => {
  test('A1: a node without any setting listens on loopback, alone, synced', () => {
    expect(resolve({})).toMatchObject({
      port: 1234,
      host: '127.0.0.1',
      data: './data',
      join: [],
      secret: undefined,
      durability: 'synced',
      allowAnonymous: false,
    });
  });

  test('A2: a flag wins over the environment, that over the file, that over the default', () => {
    const path = file('{"port": 3, "region": "file", "cluster": "file", "host": "::1"}');
    const flags = { port: '1' };
    const environment = { HEARSAY_PORT: '2', HEARSAY_REGION: 'environment' };
    expect(resolve({ flags, environment, file: path })).toMatchObject({
      port: 1,
      region: 'environment',
      cluster: 'file',
      host: '::1',
      durability: 'synced',
    });
  });

  test('A2: every setting has an environment name of its own', () => {
    expect(new Set(optionNames.map(environmentName)).size).toBe(optionNames.length);
    expect(environmentName('maxConnectionsPerIp')).toBe('HEARSAY_MAX_CONNECTIONS_PER_IP');
  });

  test('A2: lists repeat as flags, part at commas in the environment, and imply the peer path', () => {
    const environment = { HEARSAY_JOIN: 'ws://a:1, wss://b/other,' };
    expect(resolve({ environment, flags: { secret } }).join).toEqual(['ws://a:1/peer', 'wss://b/other']);
    expect(resolve({ flags: { join: ['ws://a:1'], secret } }).join).toEqual(['ws://a:1/peer']);
  });

  test.each([
    ['in the environment', { environment: { HEARSAY_PROT: '1' } }, 'HEARSAY_PROT'],
    [
      'in the environment, nearly right',
      { environment: { HEARSAY_ALLOWORIGIN: '*' } },
      'HEARSAY_ALLOW_ORIGIN?',
    ],
  ])('A3: an unknown name %s is refused', (_, sources, named) => {
    const error = refusal(sources);
    expect(error.code).toBe('CONFIG_UNKNOWN');
    expect(error.message).toContain(named);
  });

  test('A3: an unknown name in the file is refused, with the name that was meant', () => {
    expect(refusal({ file: file('{"repair-mode": "push"}') })).toMatchObject({
      code: 'CONFIG_UNKNOWN',
      message: expect.stringContaining('did you mean repairMode?'),
    });
    expect(refusal({ file: file('{"__proto__x": 1}') }).code).toBe('CONFIG_UNKNOWN');
    expect(refusal({ file: file('{"toString": 1}') }).code).toBe('CONFIG_UNKNOWN');
  });

  test('A3: what Kubernetes sets for a service called hearsay is no setting', () => {
    const environment = {
      HEARSAY_PORT: 'tcp://10.0.0.1:1234',
      HEARSAY_SERVICE_HOST: '10.0.0.1',
      HEARSAY_PORT_1234_TCP: 'tcp://10.0.0.1:1234',
    };
    expect(resolve({ environment }).port).toBe(1234);
  });

  test.each([
    [{ port: '65536' }, '--port'],
    [{ port: '' }, '--port'],
    [{ port: '1e3' }, '--port'],
    [{ port: '-1' }, '--port'],
    [{ join: ['http://a'] }, '--join'],
    [{ join: ['ws://user:pw@a'] }, '--join'],
    [{ join: ['nonsense'] }, '--join'],
    [{ cluster: 'a b' }, '--cluster'],
    [{ durability: 'sometimes' }, '--durability'],
    [{ allowOrigin: ['app.example'] }, '--allow-origin'],
    [{ trustProxy: ['proxy'] }, '--trust-proxy'],
    [{ maxMessageBytes: '10' }, '--max-message-bytes'],
  ])('A4: %j is refused by name', (flags, named) => {
    const error = refusal({ flags: { ...flags } });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(named);
  });

  test('A4: a complaint names where the value came from', () => {
    expect(refusal({ environment: { HEARSAY_PORT: 'x' } }).message).toContain('HEARSAY_PORT');
    const path = file('{"port": "x"}');
    expect(refusal({ file: path }).message).toContain(`"port" in ${path}`);
  });

  test.each([
    ['not JSON', '{"secret": "canary-canary"', 'CONFIG_INVALID'],
    ['not an object', '[1]', 'CONFIG_INVALID'],
  ])('A4: a file that is %s is refused without being quoted', (_, content, code) => {
    const error = refusal({ file: file(content) });
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('canary');
  });

  test.each([
    ['{"allowAnonymous": false, "host": "0.0.0.0", "allowAnonymous": true}', 'CONFIG_INVALID'],
    ['{"secret": "canary-canary", "secret": "canary"}', 'CONFIG_INVALID'],
    ['{"__proto__": {"allowAnonymous": true}}', 'CONFIG_INVALID'],
    ['{"constructor": {"prototype": {"allowAnonymous": true}}}', 'CONFIG_UNKNOWN'],
  ])('A115: a file that says %s is refused', (content, code) => {
    const error = refusal({ file: file(content) });
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('canary');
  });

  test('A4: a file that cannot be read is refused', () => {
    expect(refusal({ file: '/nowhere/at/all.json' }).code).toBe('CONFIG_UNREADABLE');
    expect(refusal({ flags: { secretFile: '/nowhere/at/all' } }).code).toBe('CONFIG_UNREADABLE');
  });

  test('A5: the secret comes from a file or a value, not both, and joining takes one', () => {
    const path = file(`${secret}\n`);
    expect(resolve({ flags: { secretFile: path } }).secret).toBe(secret);
    expect(refusal({ flags: { secretFile: path, secret } }).code).toBe('CONFIG_INVALID');
    const two = file(`${secret}\n0123456789\n`);
    expect(refusal({ flags: { secretFile: two } }).code).toBe('SECRET_WEAK');
    expect(refusal({ flags: { join: ['ws://a'] } }).code).toBe('SECRET_MISSING');
  });

  test.each([
    'changeme',
    'short-but-random-9f3a',
    'changemechangemechangemechangemechangeme',
    'ab'.repeat(20),
  ])('A5: the weak secret %s is refused and not repeated', (weak) => {
    const error = refusal({ flags: { secret: weak } });
    expect(error.code).toBe('SECRET_WEAK');
    expect(`${error.message}${error.hint}`).not.toContain(weak);
  });

  test.each(['0.0.0.0', '::', '10.1.2.3', 'example.org'])(
    'A6: %s without access rules is refused unless told',
    (host) => {
      expect(refusal({ flags: { host } }).code).toBe('PUBLIC_WITHOUT_AUTH');
      expect(resolve({ flags: { host, allowAnonymous: true } }).host).toBe(host);
      expect(resolve({ flags: { host }, environment: { HEARSAY_ALLOW_ANONYMOUS: 'true' } }).host).toBe(host);
    },
  );

  test('A6: where tokens are checked any address may be listened on', () => {
    const tokenSecret = '0b7b5c0e4a5d47c78b1d1f8d9a2e6c53';
    expect(resolve({ flags: { host: '0.0.0.0', tokenSecret } }).host).toBe('0.0.0.0');
    expect(resolve({ flags: { host: '0.0.0.0', tokenKeys: './keys.json' } }).host).toBe('0.0.0.0');
  });

  test.each([
    [{ tlsCert: 'node.pem' }, '--tls-key'],
    [{ tlsKey: 'node.key' }, '--tls-cert'],
    [{ peerCa: 'ca.pem' }, '--tls-cert'],
  ])(
    'A130: %s is refused: a certificate takes its key, and authorities for peers take both',
    (flags, missing) => {
      const { code, message } = refusal({ flags });
      expect(code).toBe('CONFIG_INVALID');
      expect(message).toContain(missing);
    },
  );

  test('A80: a secret for tokens that is weak, that of the cluster, or given beside keys or anonymity, is refused', () => {
    const secret = '0b7b5c0e4a5d47c78b1d1f8d9a2e6c53';
    const codeOf = (flags: Readonly<Record<string, unknown>>): string => refusal({ flags }).code;
    expect(codeOf({ tokenSecret: 'changeme' })).toBe('SECRET_WEAK');
    expect(codeOf({ tokenSecret: 'a'.repeat(64) })).toBe('SECRET_WEAK');
    expect(codeOf({ tokenSecret: secret, secret })).toBe('SECRET_WEAK');
    const other = 'e6a1f27c50b94d3899c7401bd2f86a3e';
    expect(codeOf({ tokenSecret: secret, secret: `${other}\n${secret}` })).toBe('SECRET_WEAK');
    expect(codeOf({ tokenSecret: secret, tokenKeys: 'keys.json' })).toBe('CONFIG_INVALID');
    expect(codeOf({ tokenSecret: secret, tokenSecretFile: 'file' })).toBe('CONFIG_INVALID');
    expect(codeOf({ tokenSecret: secret, allowAnonymous: true })).toBe('CONFIG_INVALID');
    expect(codeOf({ tokenSecretFile: '/nowhere/at/all' })).toBe('CONFIG_UNREADABLE');
  });

  test.each(['127.0.0.1', '127.8.9.1', 'localhost', '::1'])('A6: %s needs no access rules', (host) => {
    expect(resolve({ flags: { host } }).host).toBe(host);
  });
});
