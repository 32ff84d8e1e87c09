import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { tunables } from '@hearsay/gossip-sync';
import { afterEach, describe, expect, test } from 'vitest';
import { secretKeys } from '../access/token-keys.ts';
import { Tokens } from '../access/tokens.ts';
import { environmentName, flagName, optionNames } from '../config/options.ts';
import { until } from '../testing/running-node.ts';
import { runCli } from './program.ts';

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

interface Run {
  readonly done: Promise<number>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly stop: AbortController;
}

function run(...arguments_: string[]): Run {
  const stop = new AbortController();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = { stdout: '', stderr: '' };
  stdout.on('data', (chunk) => {
    texts.stdout += String(chunk);
  });
  stderr.on('data', (chunk) => {
    texts.stderr += String(chunk);
  });
  const done = runCli({ arguments: arguments_, environment: {}, stdout, stderr, stop: stop.signal });
  return { done, stdout: () => texts.stdout, stderr: () => texts.stderr, stop };
}

function data(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hearsay-cli-'));
  directories.push(directory);
  return directory;
}

describe('command line', () => {
  test.each([[[]], [['--help']], [['help']]])('A10: %j lists the commands', async (arguments_) => {
    const { done, stdout, stderr } = run(...arguments_);
    expect(await done).toBe(0);
    expect(stdout()).toContain('serve');
    expect(stderr()).toBe('');
  });

  test('A10: the help of a command names every setting, its environment name and its default', async () => {
    const { done, stdout } = run('serve', '--help');
    expect(await done).toBe(0);
    const help = stdout().replace(/\s+/g, ' ');
    for (const name of optionNames) {
      expect(help).toContain(flagName(name));
      expect(help).toContain(environmentName(name));
    }
    expect(help).toContain('default: 1234');
  });

  test.each([
    [['srve'], 'USAGE', 64],
    [['serve', '--prot', '1'], 'USAGE', 64],
    [['serve', '--port', 'x'], 'CONFIG_INVALID', 78],
    [['serve', '--host', '0.0.0.0'], 'PUBLIC_WITHOUT_AUTH', 78],
    [['serve', '--secret', 'changeme'], 'SECRET_WEAK', 78],
    [['serve', '--config', '/nowhere.json'], 'CONFIG_UNREADABLE', 66],
  ])('A10: %j prints %s once, with advice, and ends with %i', async (arguments_, code, exitCode) => {
    const { done, stderr } = run(...arguments_);
    expect(await done).toBe(exitCode);
    expect(stderr().match(/error/g)).toHaveLength(1);
    expect(stderr()).toContain(`error ${code}: `);
    expect(stderr().trim().split('\n').length).toBeGreaterThan(1);
    expect(stderr()).not.toContain('changeme');
  });

  test('A81: a token for development is made with the secret of the nodes, and nothing else is printed', async () => {
    const secret = '0b7b5c0e4a5d47c78b1d1f8d9a2e6c53';
    const { done, stdout, stderr } = run(
      ...['token', '--token-secret', secret, '--subject', 'ann', '--documents', 'team/*'],
      ...['--allow', 'read,presence', '--expires', '60', '--token-audience', 'here'],
    );
    expect([await done, stderr()]).toEqual([0, '']);
    const tokens = new Tokens({
      ...{ keys: secretKeys(secret), issuer: undefined, audience: 'here', maxAgeMs: 60_000 },
      now: () => Date.now(),
    });
    const grants = [{ collection: 'default', documents: 'team/*', allow: ['read', 'presence'] }];
    expect(await tokens.check(stdout().trim())).toMatchObject({
      ok: true,
      bearer: { subject: 'ann', grants },
    });
  });

  test.each([
    [['--subject', 'ann'], 'SECRET_MISSING'],
    [['--subject', 'ann', '--token-secret', 'short'], 'SECRET_WEAK'],
    [['--subject', 'ann', '--allow', 'root'], 'takes read, write, presence, admin'],
    [['--subject', 'ann', '--expires', '0'], 'a whole number from 1'],
    [[], '--subject'],
  ])('A81: no token is made with %j', async (arguments_, why) => {
    const { done, stdout, stderr } = run('token', ...arguments_);
    expect(await done).not.toBe(0);
    expect(stdout()).toBe('');
    expect(stderr()).toContain(why);
  });

  test('A54: the settings of the gossip engine are listed with what they take, decide and cost', async () => {
    const all = run('settings');
    expect(await all.done).toBe(0);
    expect(all.stdout()).toContain('rumour.k=3\n  takes      a number from 1 (contacts)\n  decides ');
    for (const { name } of tunables) expect(all.stdout()).toContain(`${name}=`);
    const views = run('settings', 'views.', '--json');
    expect(await views.done).toBe(0);
    const listed = JSON.parse(views.stdout()) as readonly { readonly name: string }[];
    expect(listed.length).toBeGreaterThan(5);
    expect(listed.every(({ name }) => name.startsWith('views.'))).toBe(true);
    const none = run('settings', 'nothing');
    expect(await none.done).toBe(64);
    expect(none.stderr()).toContain('the parts are mail, rumour');
  });

  test.each([
    ['rumour.k=0', 'rumour.k takes a number from 1'],
    ['k=3', 'did you mean rumour.k?'],
  ])('A54: a node is not started with --gossip %s', async (assignment, why) => {
    const { done, stderr } = run('serve', '--data', data(), '--port', '0', '--gossip', assignment);
    expect(await done).toBe(78);
    expect(stderr()).toContain('CONFIG_INVALID');
    expect(stderr()).toContain(why);
  });

  test('A10: a node says what to open and how to connect, and ends with 0 when told to stop', async () => {
    const { done, stdout, stderr, stop } = run('serve', '--port', '0', '--data', data());
    await until(() => stderr().includes('"ready"'));
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout())?.[0] ?? '';
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(stdout()).toContain(`new WebsocketProvider('${url.replace('http', 'ws')}', 'my-document', doc)`);
    stop.abort('SIGTERM');
    expect(await done).toBe(0);
    expect(stderr()).toContain('"stopped"');
  });
});
