import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, type NodeProcess, startNodeProcess } from '../support/node-process.ts';

const entry = fileURLToPath(new URL('../../apps/server/dist/main.js', import.meta.url));
const canary = 'canary-8f1e0c44a7d94b0e-canary-3b';

let directory: string;
let running: NodeProcess;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hearsay-startup-'));
  running = await startNodeProcess(await freePort(), ['--data', join(directory, 'running')]);
  await writeFile(join(directory, 'file'), 'not a directory');
  await writeFile(join(directory, 'settings.json'), '{"prot": 1}');
  await writeFile(join(directory, 'secret'), `${canary}\n`);
});

afterAll(async () => {
  await running.stop('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

async function start(
  arguments_: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [entry, 'serve', '--port', '0', ...arguments_], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}

describe('a start that cannot succeed', () => {
  it.each([
    ['a port in use', () => ['--port', String(running.port)], 'PORT_IN_USE', 69],
    ['a host of another machine', () => ['--host', '192.0.2.1', '--allow-anonymous'], 'HOST_UNAVAILABLE', 68],
    ['a data directory in use', () => ['--data', join(directory, 'running')], 'DATA_DIRECTORY_LOCKED', 75],
    [
      'a data directory below a file',
      () => ['--data', join(directory, 'file', 'x')],
      'DATA_DIRECTORY_UNWRITABLE',
      73,
    ],
    [
      'a data directory that is a file',
      () => ['--data', join(directory, 'file')],
      'DATA_DIRECTORY_UNWRITABLE',
      73,
    ],
    ['a weak secret', () => ['--secret', 'changeme'], 'SECRET_WEAK', 78],
    ['a peer to join without a secret', () => ['--join', 'ws://127.0.0.1:1'], 'SECRET_MISSING', 78],
    ['the public without access rules', () => ['--host', '0.0.0.0'], 'PUBLIC_WITHOUT_AUTH', 78],
    ['an unknown flag', () => ['--prot', '1'], 'USAGE', 64],
    [
      'an unknown name in the file',
      () => ['--config', join(directory, 'settings.json')],
      'CONFIG_UNKNOWN',
      78,
    ],
    ['a file that is not there', () => ['--config', join(directory, 'nowhere')], 'CONFIG_UNREADABLE', 66],
    ['a value out of range', () => ['--repair-interval', 'soon'], 'CONFIG_INVALID', 78],
  ])('L1: %s ends it with a code, advice and an exit status', async (_, arguments_, code, exitCode) => {
    const data = join(directory, 'never-made');
    const ended = await start(['--data', data, ...arguments_()]);
    expect(ended.stderr).toContain(`error ${code}: `);
    expect(ended.exitCode).toBe(exitCode);
    // A code and a sentence, then what to do; no stack.
    expect(
      ended.stderr
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('{')),
    ).toHaveLength(code === 'USAGE' ? 3 : 2);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
    expect((await fetch(`${running.http}/readyz`)).status).toBe(200);
  });

  it('L1: a data directory of another cluster ends it', async () => {
    const data = join(directory, 'foreign');
    const first = await startNodeProcess(await freePort(), ['--data', data, '--cluster', 'one']);
    expect(await first.stop('SIGTERM')).toBe(0);
    const ended = await start(['--data', data, '--cluster', 'two']);
    expect([ended.exitCode, ended.stderr.match(/error (\w+)/)?.[1]]).toEqual([76, 'WRONG_CLUSTER']);
  });

  it('L2: a secret reaches neither the log nor the banner nor the status', async () => {
    const data = join(directory, 'canary');
    const node = await startNodeProcess(
      await freePort(),
      ['--data', data, '--secret-file', join(directory, 'secret'), '--log-level', 'trace'],
      {},
    );
    const pages = await Promise.all(
      ['/', '/api/status', '/metrics', '/readyz'].map(async (path) =>
        (await fetch(`${node.http}${path}`)).text(),
      ),
    );
    expect(await node.stop('SIGTERM')).toBe(0);
    for (const text of [node.output(), ...pages]) expect(text).not.toContain(canary);
    expect(await readFile(join(directory, 'secret'), 'utf8')).toContain(canary);
  });
});
