import { configDefaults, defineConfig } from 'vitest/config'
import CountReporter from './scripts/count-reporter.ts'

const pure = ['packages/sql/src/**/*.test.ts', 'packages/values/src/**/*.test.ts']

export default defineConfig({
  test: {
    // Whoever has only compiled gets the bundles as well.
    globalSetup: './scripts/bundle-packages.mjs',
    projects: [
      {
        extends: true,
        // Nothing here opens anything, so files share a process and what it has loaded.
        test: { name: 'pure', include: pure, isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'others',
          include: [
            'packages/*/src/**/*.test.ts',
            'packages/*/page/src/**/*.test.ts',
            'examples/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, ...pure],
        },
      },
    ],
    // Each file in its own process: lmdb is a native addon and stages run in worker threads.
    pool: 'forks',
    // One core more than the default leaves free: many tests wait for processes and disks.
    maxWorkers: '100%',
    testTimeout: 60_000,
    reporters: ['default', new CountReporter()],
  },
})
