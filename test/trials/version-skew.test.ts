import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isKept } from './trial.ts';
import { versionSkew } from './version-skew.ts';

const own = fileURLToPath(new URL('../..', import.meta.url));
const options = { scale: 0.01, seed: 'short', signal: new AbortController().signal, say: () => {} };

it('U2: builds are changed one by one under writes, nothing is lost', { timeout: 120_000 }, async () => {
  const measures = await versionSkew.run({ ...options, other: own });
  expect(measures.filter((measure) => !isKept(measure))).toEqual([]);
});

it('U2: without another build it says how to get one', async () => {
  await expect(versionSkew.run({ ...options, other: undefined })).rejects.toThrow('--other');
  await expect(versionSkew.run({ ...options, other: '/nowhere' })).rejects.toThrow('/nowhere');
});
