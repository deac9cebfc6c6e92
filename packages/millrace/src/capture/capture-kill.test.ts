/**
 * The promise under failures, on real databases: whatever ends while sessions write and tables change - the source's process at any
 * moment or commit point, the database, the connections between them - the tables made from the stream equal the source's in the
 * end, and no row's history has a gap, a repetition or a step back.
 *
 * `npm test` runs one round for MariaDB and Postgres, with all of it in turn; MILLRACE_NIGHTLY=1 each kind of failure by itself, more
 * often, and MySQL. The seed is printed; MILLRACE_SEED sets it. The moments are the machine's: a seed repeats the statements only.
 */
import { describe, expect, test } from 'vitest'
import { type CheckOptions, checkCapture } from './testing/capture-check.ts'
import {
  cuttingProxy,
  inTurn,
  killsAtCommits,
  killsOfDatabase,
  killsOfReader,
} from './testing/disturbances.ts'
import { liveDatabases } from './testing/live-database.ts'

const isNightly = process.env.MILLRACE_NIGHTLY !== undefined
const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
console.log(`capture under failures: seed ${seed}`)

const failures: { readonly name: string; readonly options: Partial<CheckOptions>; readonly cuts?: number }[] =
  isNightly
    ? [
        { name: 'the reader is killed', options: { disturb: killsOfReader(12, { betweenMs: 900 }) } },
        { name: 'the store stops at commits', options: { disturb: killsAtCommits(20) } },
        { name: 'the database is killed', options: { disturb: killsOfDatabase(6, { betweenMs: 1_500 }) } },
        { name: 'connections are cut', options: {}, cuts: 60_000 },
      ]
    : [
        {
          name: 'readers, stores, databases and connections fail in turn',
          options: {
            disturb: inTurn(
              killsOfReader(1, { betweenMs: 700 }),
              killsAtCommits(2),
              killsOfDatabase(1, { betweenMs: 300 }),
            ),
          },
          cuts: 200_000,
        },
      ]

for (const kind of ['mariadb', 'postgres', 'mysql'] as const) {
  const isWanted = liveDatabases[kind].isInstalled && (isNightly || kind !== 'mysql')
  describe.skipIf(!isWanted)(kind, () => {
    test.each(failures)(
      'the tables of the stream are right though $name',
      { timeout: 600_000 },
      async ({ options, cuts }) => {
        const { operations } = await checkCapture(
          {
            kind,
            seed,
            sessions: 4,
            transactions: isNightly ? 600 : 120,
            bigRows: 300,
            rows: isNightly ? 2_000 : 400,
            withTableChanges: true,
            load: { chunkRows: 29, parallel: 2 },
            ...options,
          },
          cuts === undefined ? undefined : cuttingProxy(cuts),
        )
        for (const operation of ['load', 'insert', 'update', 'delete']) {
          expect(operations.get(operation) ?? 0, operation).toBeGreaterThan(0)
        }
      },
    )
  })
}
