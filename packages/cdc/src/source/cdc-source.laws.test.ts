import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type RunOptions, SimulatedRun, sorted } from '../testing/simulated-run.ts'

const isNightly = process.env.MILLRACE_NIGHTLY === '1'
/** Every run the same, except at night; a failure prints its seed. */
const seed = isNightly ? {} : { seed: 20_261_121 }
const rounds = Number(process.env.MILLRACE_ROUNDS ?? (isNightly ? 600 : 10))

const options = (temperament: RunOptions['temperament']): fc.Arbitrary<RunOptions> =>
  fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    temperament: fc.constant(temperament),
    rows: fc.integer({ min: 0, max: 80 }),
    transactions: fc.integer({ min: 0, max: 300 }),
    alterations: fc.constantFrom(0, 0.02, 0.15),
    truncates: fc.boolean(),
    chunkRows: fc.constantFrom(1, 3, 5, 25),
    parallel: fc.integer({ min: 1, max: 4 }),
    kills: fc.constantFrom(0, 0.1, 0.3),
    losses: fc.constantFrom(0, 0.05, 0.2),
    failures: fc.constantFrom(0, 0.1),
    lagMs: fc.constantFrom(0, 30, 150),
    heldBytes: fc.constantFrom(2000, 1 << 20),
    // With 1, every read is one record, so that kills come in the middle of chunks.
    maxBytes: fc.constantFrom(1, 1000, 4000),
  })

async function assertLaws(run: SimulatedRun): Promise<void> {
  // Row by row: the replay refuses what does not fit, such as a row that comes twice or goes back in time.
  const replayed = run.replay()
  for (const { name, rows } of run.tables()) {
    expect(sorted(replayed.rows(name)), `rows of ${name.table}`).toEqual(rows)
    const schema = run.database.schema(name)!
    schema.columns.forEach(({ name: column, type }, i) => {
      if (type.kind !== 'integer') return
      const sum = run.database.rows(name).reduce((total, row) => total + Number(row[i] ?? 0), 0)
      expect(replayed.sum(name, column), `sum of ${name.table}.${column}`).toBe(sum)
    })
  }
  for (const { data } of run.runtime.records) {
    if (data.startsWith('{"kind":"row"')) expect(data).toContain('"table":{"schema":"shop"')
  }
  const { runtime } = run
  expect(runtime.taken).toBe(runtime.records.length + runtime.dead.length + runtime.filtered)
  expect(runtime.dead).toEqual([])
  // One event makes several control records where changes were not told one by one.
  if (run.options.alterations === 0) expect(runtime.overrun).toBeLessThanOrEqual(0)
}

test.each(['mysql', 'postgres'] as const)(
  'the stream replayed is the tables, and each row of it is loaded or inserted once and then changed in order (%s)',
  async (temperament) => {
    await fc.assert(
      fc.asyncProperty(options(temperament), async (each) => {
        await assertLaws(await new SimulatedRun(each).finish())
      }),
      { numRuns: rounds, ...seed },
    )
  },
  600_000,
)
