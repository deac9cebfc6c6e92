/**
 * Metamorphic pairs: a query over rows for which a condition is true, false and unknown adds up to the query over all rows
 * (ternary logic partitioning); a condition that always holds changes nothing; and the order of the branches of a union does
 * not matter. No other engine is needed, so dates, times and nested values may take part.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainValue } from '../../cases/expectation.ts'
import { bindFlinkProgram } from '../../changelog/binder/bind-flink-program.ts'
import { compileChangelog } from '../../changelog/compile-changelog.ts'
import { booleanArbitrary, numberArbitrary, tableColumns } from './query-arbitrary.ts'
import { type Change, changesArbitrary } from './random-changes.ts'

const declared = Object.entries(tableColumns).map(([name, type]) => `${name} ${type}`)
const table = `CREATE TABLE t (${declared.join(', ')}, ts AS TO_TIMESTAMP_LTZ(COALESCE(n, 0), 0), list AS ARRAY[k, id])
  WITH ('connector' = 'memory', 'changelog-mode' = 'all');`
const runs = Number(process.env.MILLRACE_CASES ?? 150)

test('a condition parts the rows in true, false and unknown', () => {
  fc.assert(
    fc.property(numberArbitrary, booleanArbitrary, changesArbitrary, (value, condition, changes) => {
      const query = (rest: string) => `SELECT id, ${value} AS x, ts, list FROM t AS a ${rest}`
      const whole = answer(query(''), changes)
      const parts = [condition, `NOT (${condition})`, `(${condition}) IS UNKNOWN`].map((test) =>
        query(`WHERE ${test}`),
      )
      expect(answer(parts.join(' UNION ALL '), changes)).toEqual(whole)
      expect(answer([...parts].reverse().join(' UNION ALL '), changes)).toEqual(whole)
      expect(answer(query(`WHERE (${condition}) OR TRUE`), changes)).toEqual(whole)
    }),
    { numRuns: runs },
  )
})

test('sums over the parts of a group add up to the sum over the group', () => {
  fc.assert(
    fc.property(numberArbitrary, booleanArbitrary, changesArbitrary, (value, condition, changes) => {
      const sum = (filter: string) => `SUM(CAST(COALESCE(${value}, 0) AS DECIMAL(30, 2)))${filter}`
      const filters = [condition, `NOT (${condition})`, `(${condition}) IS UNKNOWN`]
      const parts = filters.map((test) => `COALESCE(${sum(` FILTER (WHERE ${test})`)}, 0)`).join(' + ')
      const query = (what: string) =>
        `SELECT k, CAST(${what} AS DECIMAL(30, 2)) AS total, COUNT(*) AS n FROM t AS a GROUP BY k`
      expect(answer(query(parts), changes)).toEqual(answer(query(sum('')), changes))
    }),
    { numRuns: runs },
  )
})

/** The rows that are left after all changes, as sorted text. */
function answer(query: string, changes: readonly Change[]): string[] {
  const { program, diagnostics } = bindFlinkProgram({ text: `${table}\n${query};`, fileName: 'q.sql' })
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  const types = program.sinks[0]!.plan.schema.fields.map(({ type }) => type)
  const instance = compileChangelog(program, { now: 0 })
  instance.start()
  for (const { table: name, row, kind } of changes)
    if (program.sources.includes(name)) instance.push(name, row, kind, { record: -1, shard: '0' })
  for (const source of program.sources) instance.finish(source)
  const counts = new Map<string, number>()
  for (const { rows, kinds } of instance.take().outputs.values())
    for (const [i, row] of rows.entries()) {
      const text = JSON.stringify(types.map((type, c) => plainValue(row[c] ?? null, type)))
      counts.set(text, (counts.get(text) ?? 0) + (kinds[i] === 0 || kinds[i] === 2 ? 1 : -1))
    }
  return [...counts].flatMap(([text, count]) => new Array<string>(count).fill(text)).sort()
}
