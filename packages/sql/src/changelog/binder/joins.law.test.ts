/**
 * Laws of the binder, checked by running what it makes: which kind of join a condition becomes, and where its parts are
 * evaluated, does not change the answer.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileChangelog } from '../compile-changelog.ts'
import { isRetraction, type Row } from '../row.ts'
import { bindFlinkProgram } from './bind-flink-program.ts'
import { shapeOfText } from './testing/flink-binding.ts'

interface Event {
  readonly table: 'a' | 'b'
  readonly row: Row
}

/** Rows come in order of time; a watermark a second behind them makes none late. */
const events: fc.Arbitrary<readonly Event[]> = fc
  .array(
    fc.record({
      table: fc.constantFrom('a' as const, 'b' as const),
      key: fc.option(fc.integer({ min: 0, max: 3 }), { nil: null }),
      n: fc.integer({ min: -3, max: 3 }),
      step: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 14 },
  )
  .map((list) => {
    let time = 10_000
    return list.map(({ table, key, n, step }) => {
      time += step * 1000
      return { table, row: [key, n, time] }
    })
  })

function tables(timed: boolean): string {
  return ['a', 'b']
    .map(
      (name) =>
        `CREATE TABLE ${name} (k INT, n INT, t TIMESTAMP(3)${timed ? ", WATERMARK FOR t AS t - INTERVAL '1' SECOND" : ''}) WITH ('connector' = 'memory');`,
    )
    .join('\n')
}

/** The rows that are left after all changes, as sorted text. */
function answer(text: string, list: readonly Event[]): string[] {
  const { program, diagnostics } = bindFlinkProgram({ text, fileName: 'law.sql' })
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  const instance = compileChangelog(program, { now: 0 })
  instance.start()
  for (const [record, { table, row }] of list.entries())
    if (program.sources.includes(table)) instance.push(table, row, 0, { record, shard: '0' })
  for (const source of program.sources) instance.finish(source)
  const left: string[] = []
  for (const { rows, kinds } of instance.take().outputs.values())
    for (const [i, row] of rows.entries()) {
      const shown = JSON.stringify(row)
      if (!isRetraction(kinds[i]!)) left.push(shown)
      else left.splice(left.indexOf(shown), 1)
    }
  return left.sort()
}

const seconds = fc.integer({ min: 0, max: 5 }).map((n) => `INTERVAL '${n}' SECOND`)
const bounds = fc.oneof(
  fc.tuple(seconds, seconds).map(([x, y]) => `a.t BETWEEN b.t - ${x} AND b.t + ${y}`),
  fc.tuple(seconds, seconds).map(([x, y]) => `b.t > a.t - ${x} AND a.t + ${y} >= b.t`),
  fc.tuple(seconds, seconds).map(([x, y]) => `a.t - ${x} < b.t AND b.t - ${y} < a.t`),
  fc.constant('b.t = a.t'),
)
const other = fc.constantFrom('a.n <= b.n', 'a.n > 0', 'b.n <> 1', 'a.n + b.n = 2', 'TRUE')
const joins = fc.constantFrom('JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN')

test('an interval join answers like a regular join by the same condition', () => {
  fc.assert(
    fc.property(events, joins, bounds, other, (list, join, bound, rest) => {
      const query = `SELECT a.k, a.n, a.t, b.k, b.n, b.t FROM a ${join} b ON a.k = b.k AND ${bound} AND ${rest}`
      expect(shapeOfText(tables(true) + query)).toContain('interval-join')
      expect(answer(tables(true) + query, list)).toEqual(answer(tables(false) + query, list))
    }),
    { numRuns: 60 },
  )
})

test('conditions answer alike in ON, in WHERE and above a product of all rows', () => {
  const conditions = fc.tuple(
    fc.constantFrom('a.k = b.k', 'a.k = b.n', 'a.n = b.k AND a.k = b.k'),
    bounds,
    other,
    other,
  )
  fc.assert(
    fc.property(events, fc.boolean(), conditions, (list, timed, [key, bound, x, y]) => {
      const ddl = tables(timed)
      const product = `SELECT * FROM (SELECT a.k AS ak, a.n AS an, a.t AS at, b.k AS bk, b.n AS bn, b.t AS bt FROM a CROSS JOIN b) WHERE `
      const above = [key, bound, x, y].join(' AND ').replaceAll(/\b([ab])\.([knt])\b/g, '$1$2')
      const list6 = 'SELECT a.k, a.n, a.t, b.k, b.n, b.t FROM'
      const wanted = answer(`${ddl}${product}${above}`, list)
      expect(answer(`${ddl}${list6} a JOIN b ON ${key} AND ${bound} AND ${x} AND ${y}`, list)).toEqual(wanted)
      expect(answer(`${ddl}${list6} a, b WHERE ${key} AND ${bound} AND ${x} AND ${y}`, list)).toEqual(wanted)
      expect(answer(`${ddl}${list6} a JOIN b ON ${key} AND ${x} WHERE ${bound} AND ${y}`, list)).toEqual(
        wanted,
      )
    }),
    { numRuns: 40 },
  )
})

test('conditions of WHERE sink through chains of joins', () => {
  fc.assert(
    fc.property(events, other, (list, x) => {
      const ddl = tables(false)
      const where = `a.k = b.k AND c.k = b.n AND ${x} AND c.n >= a.n`
      const wanted = answer(
        `${ddl}SELECT ak, bk, ck, bn FROM (SELECT a.k AS ak, a.n AS an, b.k AS bk, b.n AS bn, c.k AS ck, c.n AS cn FROM a CROSS JOIN b CROSS JOIN a AS c) WHERE ${where.replaceAll(/\b([abc])\.([kn])\b/g, '$1$2')}`,
        list,
      )
      expect(answer(`${ddl}SELECT a.k, b.k, c.k, b.n FROM a, b, a AS c WHERE ${where}`, list)).toEqual(wanted)
      expect(
        answer(
          `${ddl}SELECT a.k, b.k, c.k, b.n FROM a JOIN (b JOIN a AS c ON c.k = b.n) ON a.k = b.k WHERE ${where}`,
          list,
        ),
      ).toEqual(wanted)
    }),
    { numRuns: 40 },
  )
})
