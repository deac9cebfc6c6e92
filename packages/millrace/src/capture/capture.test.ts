/**
 * The promise, on real databases: the tables made again from the stream equal the source's, and each row's history is whole and in
 * order, while sessions write at random, tables change, and the load goes on among them.
 *
 * `npm test` runs one short round for MariaDB and Postgres; MILLRACE_NIGHTLY=1 more and larger ones, and MySQL. The seed is printed;
 * MILLRACE_SEED sets it.
 */
import { describe, expect, test } from 'vitest'
import { checkCapture } from './testing/capture-check.ts'
import { liveDatabases } from './testing/live-database.ts'

const isNightly = process.env.MILLRACE_NIGHTLY !== undefined
const firstSeed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
console.log(`capture: seed ${firstSeed}`)

for (const kind of ['mariadb', 'postgres', 'mysql'] as const) {
  const isWanted = liveDatabases[kind].isInstalled && (isNightly || kind !== 'mysql')
  describe.skipIf(!isWanted)(kind, () => {
    const seeds = Array.from({ length: isNightly ? 10 : 1 }, (_, i) => firstSeed + i)
    test.each(seeds)(
      'the tables of the stream are those of the database, seed %d',
      { timeout: 300_000 },
      async (seed) => {
        const { operations } = await checkCapture({
          kind,
          seed,
          sessions: 4,
          transactions: isNightly ? 400 : 100,
          bigRows: isNightly ? 3_000 : 200,
          rows: isNightly ? 2_000 : 500,
          withTableChanges: true,
          load: { chunkRows: 37, parallel: 3 },
        })
        // The check has seen what it is about.
        for (const operation of ['create-table', 'load', 'insert', 'update', 'delete']) {
          expect(operations.get(operation) ?? 0, operation).toBeGreaterThan(0)
        }
      },
    )
  })
}
