import { defineConfig } from 'vitest/config';

// The condition is our own: other packages have a `source` too. Workspace packages are tested from their sources; processes that tests start run the built files.
const conditions = ['hearsay-source', 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Most of a test is waiting: as many at a time as there are cores, where the default leaves one idle.
    maxWorkers: '100%',
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/reporter.ts'],
  },
});
