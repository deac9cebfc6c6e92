/**
 * Joins over groups, joins over joins, a table with itself: over random changes of both tables the output of each program adds
 * up to what its query means, after every change, with restarts in between. And an update stays together: -U, then its +U.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SqlValue } from '../../plan.ts'
import { bindFlinkProgram } from '../binder/bind-flink-program.ts'
import { compileChangelog } from '../compile-changelog.ts'
import { optimizeChangelog } from '../optimizer/optimize-changelog.ts'
import { type Row, type RowKind, rowKind } from '../row.ts'
import { changesOf, less, stepsOf, textsOf } from '../testing/join-kit.ts'
import { accumulate } from '../testing/test-context.ts'

const tables = `CREATE TABLE a (k INT, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
  CREATE TABLE b (k INT, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');`

type Table = readonly Row[]

/** Rows of each key; NULL is a key like another. */
function groups(rows: Table): Map<SqlValue, Row[]> {
  const found = new Map<SqlValue, Row[]>()
  for (const row of rows) found.set(row[0]!, [...(found.get(row[0]!) ?? []), row])
  return found
}
const countByKey = (rows: Table): Row[] => [...groups(rows)].map(([key, list]) => [key, list.length])
const maxByKey = (rows: Table): Row[] =>
  [...groups(rows)].map(([key, list]) => [key, greatest(list.map((row) => row[1]!))])
const greatest = (values: readonly SqlValue[]): SqlValue =>
  values.reduce((a, b) => (a === null || (b !== null && b > a) ? b : a), null)
const same = (a: SqlValue | undefined, b: SqlValue | undefined) => a !== null && a === b

function inner(left: Table, right: Table, on: (l: Row, r: Row) => boolean): Row[] {
  return left.flatMap((l) => right.filter((r) => on(l, r)).map((r) => [...l, ...r]))
}
function leftOuter(left: Table, right: Table, on: (l: Row, r: Row) => boolean): Row[] {
  return left.flatMap((l) => {
    const found = right.filter((r) => on(l, r))
    return found.length === 0 ? [[...l, null, null]] : found.map((r) => [...l, ...r])
  })
}
function full(left: Table, right: Table, on: (l: Row, r: Row) => boolean): Row[] {
  const alone = right.filter((r) => !left.some((l) => on(l, r)))
  return [...leftOuter(left, right, on), ...alone.map((r) => [null, null, ...r])]
}
const byKey = (l: Row, r: Row) => same(l[0], r[0])

const programs: readonly { readonly query: string; readonly meaning: (a: Table, b: Table) => Row[] }[] = [
  {
    query:
      'SELECT a.k, a.v, m.k, m.c FROM a JOIN (SELECT k, COUNT(*) AS c FROM b GROUP BY k) AS m ON a.k = m.k',
    meaning: (a, b) => inner(a, countByKey(b), byKey),
  },
  {
    query: `SELECT x.k, x.m, y.k, y.c FROM (SELECT k, MAX(v) AS m FROM a GROUP BY k) AS x
      FULL JOIN (SELECT k, COUNT(*) AS c FROM a GROUP BY k) AS y ON x.k = y.k`,
    meaning: (a) => full(maxByKey(a), countByKey(a), byKey),
  },
  {
    query: `SELECT x.k, x.m, y.k, y.c FROM (SELECT k, MAX(v) AS m FROM a GROUP BY k) AS x
      LEFT JOIN (SELECT k, COUNT(*) AS c FROM b GROUP BY k) AS y ON x.k = y.k AND x.m < y.c`,
    meaning: (a, b) =>
      leftOuter(maxByKey(a), countByKey(b), (l, r) => byKey(l, r) && less(l[1], r[1]) === true),
  },
  {
    query:
      'SELECT a.k, a.v, m.k, m.m FROM a JOIN (SELECT k, MAX(v) AS m FROM a GROUP BY k) AS m ON a.k = m.k AND a.v = m.m',
    meaning: (a) => inner(a, maxByKey(a), (l, r) => byKey(l, r) && same(l[1], r[1])),
  },
  {
    query: 'SELECT a.k, a.v, b.k, b.v, c.k, c.v FROM a JOIN b ON a.k = b.k JOIN a AS c ON b.v = c.k',
    meaning: (a, b) => inner(inner(a, b, byKey), a, (l, r) => same(l[3], r[0])),
  },
  {
    query: 'SELECT a.k, COUNT(b.v), COUNT(*) FROM a LEFT JOIN b ON a.k = b.k GROUP BY a.k',
    meaning: (a, b) =>
      [...groups(leftOuter(a, b, byKey))].map(([key, list]) => [
        key,
        list.filter((row) => row[3] !== null).length,
        list.length,
      ]),
  },
  {
    query: 'SELECT k, v FROM a WHERE k IN (SELECT k FROM b GROUP BY k HAVING COUNT(*) > 1)',
    meaning: (a, b) => a.filter((l) => countByKey(b).some((r) => byKey(l, r) && less(1, r[1]) === true)),
  },
  {
    query: 'SELECT k, v FROM a WHERE v NOT IN (SELECT MAX(v) FROM b GROUP BY k)',
    meaning: (a, b) => {
      const values = maxByKey(b).map((row) => row[1]!)
      return a.filter(
        ([, v]) => values.length === 0 || (v !== null && !values.some((each) => each === null || each === v)),
      )
    },
  },
  {
    query: 'SELECT k, v, (SELECT MAX(v) FROM b) FROM a',
    meaning: (a, b) => a.map((row) => [...row, greatest(b.map((each) => each[1]!))]),
  },
  {
    query: 'SELECT k, v FROM a EXCEPT SELECT k, v FROM b',
    meaning: (a, b) => {
      const others = new Set(textsOf(b))
      const seen = new Set<string>()
      return a.filter((row) => {
        const [text] = textsOf([row])
        if (others.has(text!) || seen.has(text!)) return false
        seen.add(text!)
        return true
      })
    },
  },
]

describe('programs of joins add up to what they mean', () => {
  for (const { query, meaning } of programs) {
    it(query.replace(/\s+/g, ' '), () => {
      const { program, diagnostics } = bindFlinkProgram({ text: `${tables} ${query};`, fileName: 'law.sql' })
      if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
      const plans = [program, optimizeChangelog(program)]
      fc.assert(
        fc.property(
          stepsOf(2, ['add', 'add', 'remove', 'update', 'restart']),
          fc.nat(1),
          (steps, optimized) => {
            let instance = compileChangelog(plans[optimized]!, { now: 0 })
            const rows: [Row[], Row[]] = [[], []]
            const out: { rows: Row[]; kinds: RowKind[] } = { rows: [], kinds: [] }
            for (const step of steps) {
              if (step.action === 'restart') {
                const old = instance
                instance = compileChangelog(plans[optimized]!, { now: 0 })
                for (const { operator } of old.stateInfo())
                  for (const blob of old.snapshot(operator)) instance.restore(operator, blob)
                continue
              }
              const table = step.side === 0 ? 'a' : 'b'
              if (!program.sources.includes(table)) continue
              for (const { row, kind } of changesOf(step, rows[step.side]))
                instance.push(table, row, kind, { record: 0, shard: '0' })
              const { outputs, errors } = instance.take()
              expect(errors).toEqual([])
              const list = [...outputs.values()][0]!
              list.kinds.forEach((kind, i) => {
                const [before, after] = [list.kinds[i - 1], list.kinds[i + 1]]
                if (kind === rowKind.updateBefore) expect(after).toBe(rowKind.updateAfter)
                if (kind === rowKind.updateAfter) expect(before).toBe(rowKind.updateBefore)
              })
              out.rows.push(...list.rows)
              out.kinds.push(...list.kinds)
              expect(accumulate(out.rows, out.kinds)).toEqual(textsOf(meaning(rows[0], rows[1])))
            }
          },
        ),
        { numRuns: 60 },
      )
    })
  }
})
