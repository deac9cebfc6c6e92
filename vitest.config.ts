import { defineConfig } from 'vitest/config'
import CountReporter from './scripts/count-reporter.ts'

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/page/src/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    // Each file in its own process: lmdb is a native addon and stages run in worker threads.
    pool: 'forks',
    // One core more than the default leaves free: many tests wait for processes and disks.
    maxWorkers: '100%',
    testTimeout: 60_000,
    reporters: ['default', new CountReporter()],
  },
})
