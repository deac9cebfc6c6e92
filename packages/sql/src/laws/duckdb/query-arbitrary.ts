/**
 * Random queries in the part of SQL that Flink and DuckDB read alike: one text for both. Three tables hold NULLs, duplicates,
 * negative and large numbers and characters beyond ASCII; `id` tells the rows of a table apart.
 *
 * Left out on purpose, because the two disagree by design: AVG and SUM of integers that overflow, division, text order of
 * equal collations, results that depend on an order that the query does not give.
 */
import fc from 'fast-check'

export const tableColumns = {
  id: 'INT',
  k: 'INT',
  n: 'BIGINT',
  d: 'DECIMAL(10, 2)',
  s: 'VARCHAR(20)',
  f: 'BOOLEAN',
} as const
export const tableNames = ['t', 'u', 'v'] as const

type Kind = 'number' | 'text' | 'boolean'
const kinds: Record<string, Kind> = {
  id: 'number',
  k: 'number',
  n: 'number',
  d: 'number',
  s: 'text',
  f: 'boolean',
}

/** A relation: its text for FROM, and its columns. */
interface Relation {
  readonly text: string
  readonly columns: readonly { readonly name: string; readonly kind: Kind }[]
}

const small = fc.integer({ min: -3, max: 9 })
const word = fc.constantFrom("'a'", "'b'", "'ab'", "''", "'Zoë'", "'😀'", "' x '")

/** An expression over the columns, of a kind. Depth keeps values small enough not to overflow. */
function expression(columns: Relation['columns'], kind: Kind, depth: number): fc.Arbitrary<string> {
  const own = columns.filter((column) => column.kind === kind).map(({ name }) => name)
  const leaf: fc.Arbitrary<string>[] = own.length > 0 ? [fc.constantFrom(...own)] : []
  if (kind === 'number') leaf.push(small.map((n) => (n < 0 ? `(${n})` : String(n))))
  if (kind === 'text') leaf.push(word)
  if (kind === 'boolean') leaf.push(fc.constantFrom('TRUE', 'FALSE'))
  if (depth <= 0) return fc.oneof(...leaf)
  const part = (wanted: Kind) => expression(columns, wanted, depth - 1)
  const deeper: fc.Arbitrary<string>[] = [
    fc
      .tuple(part('boolean'), part(kind), part(kind))
      .map(([when, yes, no]) => `CASE WHEN ${when} THEN ${yes} ELSE ${no} END`),
    fc.tuple(part(kind), part(kind)).map(([a, b]) => `COALESCE(${a}, ${b})`),
  ]
  if (kind === 'number')
    deeper.push(
      fc
        .tuple(part('number'), fc.constantFrom('+', '-'), part('number'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc.tuple(part('number'), small).map(([a, b]) => `(${a} * ${b < 0 ? `(${b})` : b})`),
      part('number').map((a) => `ABS(${a})`),
      part('text').map((a) => `CHAR_LENGTH(${a})`),
    )
  if (kind === 'text')
    deeper.push(
      part('text').map((a) => `UPPER(${a})`),
      part('text').map((a) => `TRIM(${a})`),
      fc.tuple(part('text'), part('text')).map(([a, b]) => `(${a} || ${b})`),
      fc.tuple(part('text'), fc.integer({ min: 1, max: 3 })).map(([a, n]) => `SUBSTRING(${a}, ${n}, 2)`),
    )
  if (kind === 'boolean')
    deeper.push(
      fc
        .tuple(part('number'), fc.constantFrom('=', '<>', '<', '<=', '>', '>='), part('number'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc
        .tuple(part('text'), fc.constantFrom('=', '<>'), part('text'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc
        .tuple(part('boolean'), fc.constantFrom('AND', 'OR'), part('boolean'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      part('boolean').map((a) => `(NOT ${a})`),
      fc
        .tuple(part('number'), fc.constantFrom('IS NULL', 'IS NOT NULL'))
        .map(([a, test]) => `(${a} ${test})`),
      fc.tuple(part('number'), small, small).map(([a, low, high]) => `(${a} BETWEEN ${low} AND ${high})`),
      fc
        .tuple(part('text'), fc.constantFrom("'a%'", "'%b'", "'_'", "'%'"))
        .map(([a, like]) => `(${a} LIKE ${like})`),
      fc.tuple(part('number'), small, small).map(([a, x, y]) => `(${a} IN (${x}, ${y}))`),
    )
  return fc.oneof({ maxDepth: 3 }, ...leaf, ...deeper)
}

const base = (alias: string): fc.Arbitrary<Relation> =>
  fc.constantFrom(...tableNames).map((table) => ({
    text: `${table} AS ${alias}`,
    columns: Object.keys(tableColumns).map((name) => ({ name: `${alias}.${name}`, kind: kinds[name]! })),
  }))

/** The rows of a query as a relation. */
function derived(query: fc.Arbitrary<Relation>, alias: string): fc.Arbitrary<Relation> {
  return query.map(({ text, columns }) => ({
    text: `(${text}) AS ${alias}`,
    columns: columns.map(({ name, kind }) => ({ name: `${alias}.${name}`, kind })),
  }))
}

/** SELECT items as c0, c1, ... */
function select(
  from: Relation,
  items: readonly (readonly [text: string, kind: Kind])[],
  rest: string,
  distinct = false,
): Relation {
  const list = items.map(([text], i) => `${text} AS c${i}`).join(', ')
  return {
    text: `SELECT ${distinct ? 'DISTINCT ' : ''}${list} FROM ${from.text}${rest}`,
    columns: items.map(([, kind], i) => ({ name: `c${i}`, kind })),
  }
}

const kindArbitrary: fc.Arbitrary<Kind> = fc.constantFrom('number', 'text', 'boolean')

function items(columns: Relation['columns']): fc.Arbitrary<[string, Kind][]> {
  const item = kindArbitrary.chain((kind) =>
    expression(columns, kind, 2).map((text): [string, Kind] => [text, kind]),
  )
  return fc.array(item, { minLength: 1, maxLength: 4 })
}

function where(columns: Relation['columns']): fc.Arbitrary<string> {
  return fc
    .option(expression(columns, 'boolean', 2), { nil: '' })
    .map((text) => (text === '' ? '' : ` WHERE ${text}`))
}

const joined: fc.Arbitrary<Relation> = fc
  .tuple(
    base('a'),
    base('b'),
    fc.constantFrom('JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'),
    fc.constantFrom('k', 'id', 's'),
    fc.boolean(),
  )
  .chain(([a, b, join, key, residual]) => {
    const columns = [...a.columns, ...b.columns]
    const rest = residual && join === 'JOIN' ? expression(columns, 'boolean', 1) : fc.constant('')
    return rest.map((text) => ({
      text: `${a.text} ${join} ${b.text} ON a.${key} = b.${key}${text === '' ? '' : ` AND ${text}`}`,
      columns,
    }))
  })

const from: fc.Arbitrary<Relation> = fc.oneof(base('a'), base('a'), joined)

const projection: fc.Arbitrary<Relation> = from.chain((relation) =>
  fc
    .tuple(items(relation.columns), where(relation.columns), fc.boolean())
    .map(([list, rest, distinct]) => select(relation, list, rest, distinct)),
)

const grouped: fc.Arbitrary<Relation> = from.chain((relation) => {
  const { columns } = relation
  const of = (kind: Kind) => expression(columns, kind, 1)
  const filter = fc.option(expression(columns, 'boolean', 1), { nil: '' })
  const call: fc.Arbitrary<string> = fc.oneof(
    fc.constant('COUNT(*)'),
    fc.tuple(fc.constantFrom('COUNT', 'MIN', 'MAX'), of('number')).map(([fn, a]) => `${fn}(${a})`),
    of('number').map((a) => `SUM(CAST(${a} AS DECIMAL(20, 2)))`),
    fc.oneof(of('number'), of('text')).map((a) => `COUNT(DISTINCT ${a})`),
  )
  const filtered = fc
    .tuple(call, filter)
    .map(([text, test]): [string, Kind] => [test === '' ? text : `${text} FILTER (WHERE ${test})`, 'number'])
  const key = kindArbitrary.chain((kind) =>
    expression(columns, kind, 1).map((text): [string, Kind] => [text, kind]),
  )
  return fc
    .tuple(
      fc.array(key, { minLength: 1, maxLength: 2 }),
      fc.array(filtered, { minLength: 1, maxLength: 3 }),
      where(columns),
      fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    )
    .map(([keys, calls, rest, having]) => {
      // Keys are computed below, so that a constant among them is no ordinal.
      const inner = select(
        relation,
        [...keys, ...columns.map(({ name, kind }): [string, Kind] => [name, kind])],
        rest,
      )
      const names = new Map(columns.map(({ name }, i) => [name, `g.c${keys.length + i}`]))
      const renamed = (text: string) => text.replace(/\b[ab]\.[a-z]+\b/g, (name) => names.get(name) ?? name)
      const list = [
        ...keys.map(([, kind], i): [string, Kind] => [`g.c${i}`, kind]),
        ...calls.map(([text, kind]): [string, Kind] => [renamed(text), kind]),
      ]
      const by = keys.map((_, i) => `g.c${i}`).join(', ')
      const limit = having === undefined ? '' : ` HAVING COUNT(*) > ${having}`
      return select({ text: `(${inner.text}) AS g`, columns: [] }, list, ` GROUP BY ${by}${limit}`)
    })
})

const ranked: fc.Arbitrary<Relation> = fc
  .tuple(
    base('a'),
    fc.constantFrom('k', 's', 'f'),
    fc.constantFrom('ASC', 'DESC'),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([relation, by, way, most]) => ({
    text: `SELECT id AS c0, n AS c1, place AS c2 FROM (SELECT a.id, a.n, ROW_NUMBER() OVER (PARTITION BY a.${by} ORDER BY a.id ${way}) AS place FROM ${relation.text}) WHERE place <= ${most}`,
    columns: [
      { name: 'c0', kind: 'number' },
      { name: 'c1', kind: 'number' },
      { name: 'c2', kind: 'number' },
    ],
  }))

const semi: fc.Arbitrary<Relation> = fc
  .tuple(base('a'), base('b'), fc.constantFrom('k', 'id'), fc.constantFrom('IN', 'EXISTS', 'NOT EXISTS'))
  .chain(([a, b, key, form]) =>
    fc.tuple(items(a.columns), where(b.columns)).map(([list, rest]) => {
      const inner = `SELECT b.${key} FROM ${b.text}${rest}`
      const test =
        form === 'IN'
          ? `a.${key} IN (${inner})`
          : `${form} (${inner}${rest === '' ? ' WHERE' : ' AND'} a.${key} = b.${key})`
      return select(a, list, ` WHERE ${test}`)
    }),
  )

const setOperation: fc.Arbitrary<Relation> = fc
  .tuple(
    fc.constantFrom('UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT', 'INTERSECT ALL', 'EXCEPT ALL'),
    base('a'),
    base('b'),
    fc.constantFrom('k', 's', 'n'),
  )
  .chain(([op, a, b, column]) =>
    fc.tuple(where(a.columns), where(b.columns)).map(([left, right]) => ({
      text: `SELECT a.${column} AS c0 FROM ${a.text}${left} ${op} SELECT b.${column} AS c0 FROM ${b.text}${right}`,
      columns: [{ name: 'c0', kind: kinds[column]! }],
    })),
  )

/** A query over one of the others: changes that meet changes. */
const nested: fc.Arbitrary<Relation> = derived(fc.oneof(grouped, projection, ranked), 'q').chain(
  (relation) => {
    const columns = relation.columns
    const key = columns[0]!
    return fc.tuple(where(columns), fc.boolean()).map(([rest, groups]) =>
      groups
        ? select(
            relation,
            [
              [key.name, key.kind],
              ['COUNT(*)', 'number'],
            ],
            `${rest} GROUP BY ${key.name}`,
          )
        : select(
            relation,
            columns.map(({ name, kind }): [string, Kind] => [name, kind]),
            rest,
          ),
    )
  },
)

export const queryArbitrary: fc.Arbitrary<string> = fc
  .oneof(projection, grouped, ranked, semi, setOperation, nested)
  .map(({ text }) => text)

const ownColumns = Object.keys(tableColumns).map((name) => ({ name: `a.${name}`, kind: kinds[name]! }))
/** Expressions over the table `t AS a`. */
export const numberArbitrary: fc.Arbitrary<string> = expression(ownColumns, 'number', 2)
export const booleanArbitrary: fc.Arbitrary<string> = expression(ownColumns, 'boolean', 2)
