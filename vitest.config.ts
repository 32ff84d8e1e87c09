import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// The condition is our own: other packages have a `source` too. Workspace packages are tested from their sources; processes that tests start run the built files.
const conditions = ['hearsay-source', 'module', 'node', 'development|production'];
const exclude = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // A quarter of the time tests wait: one more at a time than there are cores, where the default leaves one idle.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['packages/*/src/**/*.test.ts'],
          exclude,
          // Nothing in them is the process's own: a third of their time went into loading the same modules for each file anew.
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'whole', include: ['apps/*/src/**/*.test.ts', 'test/**/*.test.ts'], exclude },
      },
    ],
  },
});
