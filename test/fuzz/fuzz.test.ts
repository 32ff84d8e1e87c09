import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHearsay } from '@hearsay/server';
import { expect, it } from 'vitest';
import { clientTargets } from './client-targets.ts';
import { documentTargets } from './document-targets.ts';
import { emptyReport, type FuzzTarget, fuzz } from './fuzz.ts';
import { nodeTargets } from './node-targets.ts';
import { peerTargets } from './peer-targets.ts';
import { providerTargets } from './provider-targets.ts';
import { storageTarget } from './storage-target.ts';

const targets = [...clientTargets(), ...peerTargets(), ...documentTargets()];

it.each(targets.map((target) => [target.name, target] as const))(
  'Q1, Q2: %s: 5,000 inputs are taken or refused',
  async (_, target) => {
    await expectSound(target, 5000);
  },
);

it('Q1, Q2: records of the store: 300 inputs are taken or refused', async () => {
  await expectSound(await storageTarget(), 300);
});

it('Q3: a parser that throws and one that stands still are found, with their input', async () => {
  const report = emptyReport();
  const corpus = [Uint8Array.of(1)];
  const throwing = (): boolean => {
    throw new Error('broken');
  };
  await fuzz({ name: 'throwing', corpus, feed: throwing }, 'seed', report, (inputs) => inputs < 1);
  const still = (): boolean => {
    const until = performance.now() + 260;
    while (performance.now() < until);
    return true;
  };
  await fuzz({ name: 'still', corpus, feed: still }, 'seed', report, (inputs) => inputs < 1);
  expect(report.findings.map(({ target, input }) => [target, input])).toEqual([
    ['throwing', '01'],
    ['still', '01'],
  ]);
});

it('Q4: a whole node answers others after each of 300 hostile inputs', async () => {
  const data = await mkdtemp(join(tmpdir(), 'hearsay-fuzz-'));
  const node = await createHearsay({ port: 0, data, logLevel: 'fatal' });
  try {
    for (const target of nodeTargets(Number(new URL(node.clientUrl).port))) {
      const report = emptyReport();
      await fuzz(target, 'kept', report, (inputs) => inputs < 150);
      expect(report.findings).toEqual([]);
      expect(report.taken).toBeGreaterThan(10);
    }
  } finally {
    await node.stop();
    await rm(data, { recursive: true });
  }
});

it('Q10: a provider keeps its edit whatever its server says, in whatever order: 2,500 inputs', async () => {
  const { targets, server } = await providerTargets();
  try {
    for (const target of targets) await expectSound(target, 1250);
  } finally {
    await server.close();
  }
});

/** A fixed seed: the same inputs each time. */
async function expectSound(target: FuzzTarget, inputs: number): Promise<void> {
  const report = emptyReport();
  await fuzz(target, 'kept', report, (fed) => fed < inputs);
  expect(report.findings).toEqual([]);
  expect(report.taken).toBeGreaterThan(inputs / 100);
  expect(report.taken).toBeLessThan(inputs);
}
