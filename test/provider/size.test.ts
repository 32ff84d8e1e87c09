import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test } from 'vitest';

/** Bytes, gzipped, of the provider alone, as an application bundles it; Yjs is in the application anyway. */
const budget = 40_000;

async function bundledSize(code: string): Promise<number> {
  const output = await build({
    configFile: false,
    logLevel: 'warn',
    root: fileURLToPath(new URL('..', import.meta.url)),
    resolve: { conditions: ['hearsay-source', 'module', 'browser', 'production'] },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? fileURLToPath(new URL('entry.js', import.meta.url)) : null),
        load: (id) => (id.endsWith('entry.js') ? code : null),
      },
    ],
    build: {
      write: false,
      minify: true,
      modulePreload: false,
      rollupOptions: { input: 'entry', preserveEntrySignatures: 'strict', external: ['yjs'] },
    },
  });
  const chunks = [output].flat().flatMap((result) => ('output' in result ? result.output : []));
  const scripts = chunks.map((chunk) => (chunk.type === 'chunk' ? chunk.code : ''));
  return scripts.reduce((sum, script) => sum + gzipSync(script).byteLength, 0);
}

test('O7: the provider alone is at most 40 KB gzipped without Yjs; what is not used costs nothing', async () => {
  const size = await bundledSize("export { HearsayProvider } from '@hearsay/client';");
  expect(size).toBeLessThanOrEqual(budget);
  expect(size).toBeGreaterThan(10_000);
  expect(await bundledSize("export { ProviderError } from '@hearsay/client';")).toBeLessThan(500);
}, 120_000);
