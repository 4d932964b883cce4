import { defineConfig } from 'vitest/config';

// A path: vitest writes its results there as JSON too, for whoever sums them up.
const report = process.env.PUTLOG_TEST_REPORT;
const exclude = ['node_modules/**', '.putlog/**'];

export default defineConfig({
  test: {
    // One embedded stack serves the whole run; two cores do not profit from more than two files at once.
    maxWorkers: 2,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      { test: { name: 'unit', include: ['**/*.unit.test.ts'], exclude, testTimeout: 10_000 } },
      {
        test: {
          name: 'int',
          include: ['**/*.int.test.ts'],
          exclude,
          globalSetup: ['test/stack/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['**/*.e2e.test.ts'],
          exclude,
          globalSetup: ['test/stack/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        test: { name: 'docker', include: ['**/*.docker.test.ts'], exclude, testTimeout: 600_000, hookTimeout: 900_000 },
      },
    ],
  },
});
