/** Filters: each operator, the logic between them, and a naive evaluator over random filters and rows. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ColumnValue } from '../model/column-value.ts'
import type { ColumnType } from '../model/table-schema.ts'
import { change, column, table, types } from '../testing/change-samples.ts'
import { mappings, selection } from '../testing/rule-samples.ts'
import { makeRules } from './make-rules.ts'

type Condition = { readonly [member: string]: unknown }
const filter = (name: string, ...conditions: readonly Condition[]) => ({
  'filter-type': 'source',
  'column-name': name,
  'filter-conditions': conditions,
})
const is = (operator: string, value?: unknown) => ({
  'filter-operator': operator,
  ...(value === undefined ? {} : { value }),
})
const between = (operator: string, start: string, end: string) => ({
  'filter-operator': operator,
  'start-value': start,
  'end-value': end,
})

/** Values of a column that a filter lets through on load. */
function passing(
  type: ColumnType,
  values: readonly ColumnValue[],
  ...conditions: readonly Condition[]
): ColumnValue[] {
  const schema = table([column('c', type)], [])
  const rules = makeRules({
    mappings: mappings(selection('%', '%', { filters: [filter('c', ...conditions)] })),
  })
  const transform = rules.forTable(schema)
  return values.filter((value) => transform.apply(change('load', schema, { after: [value] })) !== undefined)
}

const integers = [1, 2, 3, null, 9007199254740993n]
test.each([
  ['eq', [is('eq', '2')], [2]],
  ['eq, exact beyond 53 bits', [is('eq', '9007199254740992')], []],
  ['a number at its word', [is('eq', 3)], [3]],
  ['noteq leaves null out', [is('noteq', '2')], [1, 3, 9007199254740993n]],
  ['gte', [is('gte', '3')], [3, 9007199254740993n]],
  ['ste', [is('ste', '2.5')], [1, 2]],
  ['between, ends included', [between('between', '2', '3')], [2, 3]],
  ['notbetween', [between('notbetween', '2', '3')], [1, 9007199254740993n]],
  ['null', [is('null')], [null]],
  ['notnull', [is('notnull')], [1, 2, 3, 9007199254740993n]],
  [
    'conditions are joined by OR',
    [is('eq', '1'), is('gte', '3'), is('null')],
    [1, 3, null, 9007199254740993n],
  ],
] as const)('%s', (_, conditions, expected) => {
  expect(passing(types.bigint, integers, ...conditions)).toEqual(expected)
})

const cases: readonly (readonly [
  string,
  ColumnType,
  Condition,
  readonly ColumnValue[],
  readonly ColumnValue[],
])[] = [
  ['decimals by value', types.decimal, is('eq', '1.5'), ['1.50', '1.51'], ['1.50']],
  [
    'decimals exact',
    { kind: 'decimal', native: 'numeric' },
    is('ste', '0.3'),
    ['0.3000000000000000000001', '0.2999', '-9'],
    ['0.2999', '-9'],
  ],
  [
    'NaN above all',
    { kind: 'decimal', native: 'numeric' },
    is('gte', '5'),
    ['NaN', '-Infinity', 'Infinity', '4'],
    ['NaN', 'Infinity'],
  ],
  [
    'floats',
    { kind: 'float', native: 'double', bits: 64 },
    is('gte', '0.5'),
    [0.4, 0.5, Number.NaN, -Infinity],
    [0.5, Number.NaN],
  ],
  [
    'texts by code point',
    types.text,
    is('gte', 'b'),
    ['a', 'b', 'ba', 'B', '\u{1F600}', '\uffff'],
    ['b', 'ba', '\u{1F600}', '\uffff'],
  ],
  ['case counts', types.text, is('eq', 'ann'), ['ann', 'Ann'], ['ann']],
  [
    'dates',
    { kind: 'date', native: 'date' },
    is('gte', '2024-02-29'),
    ['2024-02-28', '2024-02-29', '12024-01-01', '0000-00-00', 'infinity', '0044-03-15 BC'],
    ['2024-02-29', '12024-01-01', 'infinity'],
  ],
  [
    'a datetime as ISO',
    types.datetime,
    is('ste', '2024-05-06T07:08:09.5Z'),
    ['2024-05-06 07:08:09.500000', '2024-05-06 07:08:09.500001', '2024-05-05 23:00:00'],
    ['2024-05-06 07:08:09.500000', '2024-05-05 23:00:00'],
  ],
  [
    'a datetime by its day',
    types.datetime,
    between('between', '2024-05-06', '2024-05-07'),
    ['2024-05-06 00:00:00', '2024-05-07 00:00:01'],
    ['2024-05-06 00:00:00'],
  ],
  [
    'times',
    { kind: 'time', native: 'time' },
    is('ste', '-01:00:00'),
    ['-02:00:00', '-00:30:00', '100:00:00'],
    ['-02:00:00'],
  ],
  ['booleans', { kind: 'boolean', native: 'boolean' }, is('eq', 'true'), [true, false], [true]],
  [
    'bits as a number',
    { kind: 'bits', native: 'bit(4)', bits: 4 },
    is('gte', '5'),
    ['0100', '0101', '1000'],
    ['0101', '1000'],
  ],
  [
    'bytes as hex',
    types.bytes,
    is('eq', '0x0aFF'),
    [Buffer.from([10, 255]), Buffer.from([10])],
    [Buffer.from([10, 255])],
  ],
  [
    'uuids in any case',
    { kind: 'uuid', native: 'uuid' },
    is('eq', '6F1D7C1E-0000-4000-8000-000000000001'),
    ['6f1d7c1e-0000-4000-8000-000000000001'],
    ['6f1d7c1e-0000-4000-8000-000000000001'],
  ],
]
test.each(cases)('%s', (_, type, condition, values, expected) => {
  expect(passing(type, values, condition)).toEqual(expected)
})

test.each([
  [types.int, is('eq', 'one'), 'value is "one". Allowed: a number'],
  [types.datetime, is('gte', '06/05/2024'), 'a date as "2024-05-06"'],
  [types.json, is('eq', '{}'), 'only the operators null and notnull on a column of type json'],
  [types.bytes, is('eq', 'abc'), 'bytes as "0x0a1b"'],
] as const)('%o: %o is refused when the table is known', (type, condition, message) => {
  expect(() => passing(type, [], condition)).toThrow(message)
})

test('a filter on a column that is missing is refused with those that are there', () => {
  const rules = makeRules({
    mappings: mappings(selection('%', '%', { filters: [filter('ID', is('eq', '1'))] })),
  })
  expect(() => rules.forTable(table([column('id', types.int)]))).toThrow(
    'filters[0].column-name is "ID". Allowed: a column of shop.orders: id. Names are case-sensitive.',
  )
})

const schema = table([column('id', types.int), column('region', types.text)])
const only = (...filters: readonly object[]) =>
  makeRules({ mappings: mappings(selection('%', '%', { filters })) }).forTable(schema)

test('filters are joined by AND; include rules of one table by OR; a rule without filters lets all through', () => {
  const both = only(filter('id', is('gte', '2')), filter('region', is('eq', 'eu')))
  const ids = (transform: ReturnType<typeof only>) =>
    [
      [1, 'eu'],
      [2, 'eu'],
      [3, 'us'],
    ].filter((after) => transform.apply(change('insert', schema, { after })) !== undefined)
  expect(ids(both)).toEqual([[2, 'eu']])
  const either = makeRules({
    mappings: mappings(
      selection('%', '%', { filters: [filter('id', is('eq', '1'))] }),
      selection('shop', '%', { filters: [filter('region', is('eq', 'us'))] }),
    ),
  }).forTable(schema)
  expect(ids(either)).toEqual([
    [1, 'eu'],
    [3, 'us'],
  ])
  const open = makeRules({
    mappings: mappings(
      selection('%', '%'),
      selection('shop', '%', { filters: [filter('id', is('eq', '9'))] }),
    ),
  }).forTable(schema)
  expect(ids(open)).toHaveLength(3)
})

test('changes: an update passes if the row was in or is in, a deletion by the row that was', () => {
  const transform = only(filter('region', is('eq', 'eu')))
  const update = (before: string | undefined, after: string) =>
    transform.apply(change('update', schema, { before: [1, before], after: [1, after] }))
  expect(update('eu', 'us')).toBeDefined()
  expect(update('us', 'eu')).toBeDefined()
  expect(update('us', 'us')).toBeUndefined()
  expect(transform.apply(change('update', schema, { after: [1, 'us'] }))).toBeUndefined()
  expect(transform.apply(change('delete', schema, { before: [1, 'us'] }))).toBeUndefined()
  expect(transform.apply(change('delete', schema, { before: [1, 'eu'] }))).toBeDefined()
  // What is not known does not keep a deletion back.
  expect(transform.apply(change('delete', schema, { before: [1, undefined] }))).toBeDefined()
})

test('law: rows pass as a naive evaluator says', () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(null))
  const constant = fc.integer({ min: 0, max: 6 })
  interface Drawn {
    readonly op: string
    readonly a: number
    readonly b: number
  }
  const one = (...operators: string[]): fc.Arbitrary<Drawn> =>
    fc.record({ op: fc.constantFrom(...operators), a: constant, b: constant })
  const conditions: fc.Arbitrary<readonly Drawn[]> = fc.oneof(
    fc.array(one('eq', 'gte', 'ste', 'between', 'null'), { minLength: 1, maxLength: 3 }),
    one('noteq', 'notbetween', 'notnull').map((alone) => [alone]),
  )
  const rule = fc.array(fc.record({ at: fc.constantFrom(0, 1), conditions }), { minLength: 1, maxLength: 3 })
  const columns = ['a', 'b']
  const pair = table([column('a', types.int), column('b', types.int)], [])
  const holds = (v: number | null, { op, a, b }: Drawn): boolean => {
    if (op === 'null') return v === null
    if (v === null) return false
    if (op === 'notnull') return true
    if (op === 'eq') return v === a
    if (op === 'noteq') return v !== a
    if (op === 'gte') return v >= a
    if (op === 'ste') return v <= a
    const isIn = v >= a && v <= b
    return op === 'between' ? isIn : !isIn
  }
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 2 }), fc.tuple(value, value), (rules, row) => {
      const written = rules.map((filters) =>
        selection('%', '%', {
          filters: filters.map((drawn) =>
            filter(
              columns[drawn.at]!,
              ...drawn.conditions.map(({ op, a, b }) => {
                if (op.endsWith('between')) return between(op, String(a), String(b))
                return op.endsWith('null') ? is(op) : is(op, String(a))
              }),
            ),
          ),
        }),
      )
      const passes = makeRules({ mappings: mappings(...written) })
        .forTable(pair)
        .apply(change('insert', pair, { after: row }))
      const expected = rules.some((filters) =>
        filters.every((drawn) => drawn.conditions.some((item) => holds(row[drawn.at] ?? null, item))),
      )
      expect(passes !== undefined).toBe(expected)
    }),
    { numRuns: 2000 },
  )
})
