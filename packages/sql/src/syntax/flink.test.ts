/** The Flink dialect of the parser: samples, what is refused and where, and trees of the less plain constructs. */
import { expect, test } from 'vitest'
import type { DialectName } from './dialect.ts'
import { flinkRefused, flinkSamples, kdaRefused } from './flink-samples.ts'
import { parseProgram } from './parser.ts'
import { printTree } from './printer.ts'
import type { NameExpression, Query, SelectQuery, Tree } from './tree.ts'
import { shape } from './tree-shape.ts'

function parsed(text: string, dialect: DialectName = 'flink'): Tree {
  const { tree, diagnostics } = parseProgram(text, dialect)
  expect(
    diagnostics.map(({ message, span }) => `${message} at ${text.slice(span.start, span.start + 30)}`),
    text,
  ).toEqual([])
  return tree
}

function select(text: string): SelectQuery {
  const statement = parsed(text).statements[0]!
  const query: Query | undefined = statement.kind === 'query' ? statement.query : undefined
  if (query?.kind !== 'select') throw new Error('the text is a SELECT')
  return query
}

test('every sample parses, and its printed text parses to the same tree', () => {
  for (const text of flinkSamples) {
    const tree = parsed(text)
    const printed = printTree(tree, 'flink')
    expect(shape(parsed(printed)), printed).toEqual(shape(tree))
  }
})

test('spans of a tree lie inside their parents', () => {
  const check = (part: unknown, outer: { start: number; end: number }): void => {
    if (typeof part !== 'object' || part === null) return
    // The cast holds: `span` of a tree node is always a Span.
    const inner = 'span' in part ? (part.span as { start: number; end: number }) : outer
    expect(inner.start).toBeGreaterThanOrEqual(outer.start)
    expect(inner.end).toBeLessThanOrEqual(outer.end)
    for (const value of Object.values(part)) if (value !== inner) check(value, inner)
  }
  for (const text of flinkSamples) check(parsed(text), { start: 0, end: text.length })
})

for (const [dialect, list] of [['flink', flinkRefused] as const, ['kda', kdaRefused] as const]) {
  test.each(list)(`${dialect} refuses %s`, (text, at, says) => {
    const { diagnostics } = parseProgram(text, dialect)
    expect(diagnostics.length).toBeGreaterThan(0)
    const { message, span } = diagnostics[0]!
    expect(message).toContain(says)
    if (at !== '') expect(text.slice(span.start).startsWith(at), `${message} at ${span.start}`).toBe(true)
  })
}

test('a faulty INSERT of a statement set is one diagnostic', () => {
  const { diagnostics } = parseProgram(
    'EXECUTE STATEMENT SET BEGIN INSERT INTO a SELEC 1; END; SELECT 1; SELECT FROM',
    'flink',
  )
  expect(diagnostics.map(({ code }) => code)).toEqual(['SQL1003', 'SQL1004'])
})

test('grouping sets are multiplied out over one list of keys', () => {
  const keys = (text: string) => {
    const { groupBy, groupingSets } = select(`SELECT 1 FROM t GROUP BY ${text}`)
    // The cast holds: all keys of these texts are names of one part.
    const names = groupBy!.map((key) => (key as NameExpression).parts[0]!.name)
    return groupingSets === undefined
      ? names.join('')
      : groupingSets.map((set) => set.map((index) => names[index]).join('')).join(' ')
  }
  expect(keys('a, (b, c)')).toBe('abc')
  expect(keys('ROLLUP (a, b, c)')).toBe('abc ab a ')
  expect(keys('CUBE (a, b)')).toBe('ab a b ')
  expect(keys('ROLLUP (a, (b, c))')).toBe('abc a ')
  expect(keys('x, GROUPING SETS ((a), (b), ())')).toBe('xa xb x')
  expect(keys('CUBE (a), CUBE (b)')).toBe('ab a b ')
  expect(keys('GROUPING SETS ((a, b), a, (b, b, a))')).toBe('ab a ba')
  expect(keys('()')).toBe('')
})

test('ORDER BY and LIMIT behind a set operation belong to the whole', () => {
  const query = select('SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY a LIMIT 3')
  expect(query.from).toMatchObject({ kind: 'derived', query: { kind: 'set' } })
  expect(query.limit).toMatchObject({ text: '3' })
  expect(select('SELECT a FROM t ORDER BY a FETCH FIRST ROW ONLY').limit).toMatchObject({ text: '1' })
})

test('a unit of TIMESTAMPADD is text, plural and SQL_TSI_ forms are the plain unit', () => {
  for (const unit of ['DAY', 'days', 'SQL_TSI_DAY', "'DAY'"]) {
    expect(select(`SELECT TIMESTAMPADD(${unit}, 1, ts) FROM t`).items[0]).toMatchObject({
      expression: { args: [{ kind: 'string', value: 'DAY' }, {}, {}] },
    })
  }
})

test('KDA periods: PERIOD, modifiers, points, chains, and ALTER PUMP of a schema', () => {
  for (const [text, again] of [
    ['(a, b) OVERLAPS (c, d)', '(A, B) OVERLAPS (C, D)'],
    ['PERIOD (a, b) CONTAINS t', '(A, B) CONTAINS T'],
    ['(a, b) IMMEDIATELY PRECEDES PERIOD (c, d)', '(A, B) IMMEDIATELY PRECEDES (C, D)'],
    ['t STRICTLY PRECEDES (c, d)', 'T STRICTLY PRECEDES (C, D)'],
    ['(a, b) EQUALS (c, d) LEADS (e, f)', '(A, B) EQUALS (C, D) AND (C, D) LEADS (E, F)'],
    ['NOT (a, b) LAGS (c, d) OR x', 'NOT (A, B) LAGS (C, D) OR X'],
    ["(a, b) CONTAINS t + INTERVAL '1' DAY", "(A, B) CONTAINS T + INTERVAL '1' DAY"],
  ]) {
    const tree = parsed(`SELECT STREAM * FROM s WHERE ${text}`, 'kda')
    const printed = printTree(tree, 'kda')
    expect(printed).toContain(`WHERE ${again};`)
    expect(shape(parsed(printed, 'kda'))).toEqual(shape(tree))
  }
  const text = `ALTER PUMP "app".* STOP; SELECT STREAM LAG(x) IGNORE NULLS OVER w, FIRST_VALUE(x IGNORE NULLS) OVER w, t.r.COLUMN1, contains FROM s`
  const tree = parsed(text, 'kda')
  expect(tree.statements[0]).toMatchObject({ kind: 'alter-pump', all: true, action: 'STOP' })
  expect(shape(parsed(printTree(tree, 'kda'), 'kda'))).toEqual(shape(tree))
})
