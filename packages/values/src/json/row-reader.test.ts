import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CellValue, makeBatch, readCell, resetBatch } from '../cell.ts'
import type { RowBatch } from '../column.ts'
import { parseSqlType } from '../sql-type-text.ts'
import { ByteWriter } from './byte-writer.ts'
import { JsonRowReader, type MapProblem } from './row-reader.ts'

function columnsOf(spec: Readonly<Record<string, string>>) {
  return Object.entries(spec).map(([name, text]) => {
    const [type, path] = text.split(' $')
    return { name, type: parseSqlType(type!), path: `$${path}` }
  })
}

/** A reader with its batch, and short ways to feed and look. */
function setUp(spec: Readonly<Record<string, string>>, learn = true) {
  const columns = columnsOf(spec)
  const reader = new JsonRowReader(columns, { learn })
  const batch = makeBatch({ fields: columns.map((column) => ({ ...column, nullable: true })) }, 1)
  const feed = (text: string, between?: () => void): MapProblem | null => {
    const page = Buffer.from(text)
    reader.page(batch, page)
    expect(reader.locate(page, 0, page.length)).toBe(null)
    between?.()
    return reader.append(batch, 7, batch.length)
  }
  const row = (r: number) => columns.map((column, i) => readCell(batch.columns[i]!, r, column.type))
  return { reader, batch, feed, row, rows: () => Array.from({ length: batch.length }, (_, r) => row(r)) }
}

const refused = Symbol('refused')
const numeric = ['TINYINT', 'INTEGER', 'BIGINT', 'DOUBLE', 'REAL', 'DECIMAL(9,2)']
const bytes = (...values: number[]) => Uint8Array.from(values)

/** The coercion table, row by row: JSON text, column type, the cell. */
const table: [string, string | string[], CellValue | typeof refused][] = [
  [
    'null',
    [
      ...numeric,
      'BOOLEAN',
      'VARCHAR(4)',
      'CHAR(4)',
      'DATE',
      'TIME',
      'TIMESTAMP',
      'BINARY(2)',
      'VARBINARY(2)',
    ],
    null,
  ],
  ['true', ['TINYINT', 'INTEGER', 'DOUBLE', 'REAL'], 1],
  ['false', ['TINYINT', 'INTEGER', 'DOUBLE', 'REAL'], 0],
  ['true', 'BIGINT', 1n],
  ['true', 'DECIMAL(9,2)', 100n],
  ['true', 'DECIMAL(2,2)', refused],
  ['true', 'BOOLEAN', true],
  ['false', 'BOOLEAN', false],
  ['true', 'VARCHAR(8)', 'true'],
  ['false', 'VARCHAR(3)', 'fal'],
  ['true', 'CHAR(6)', 'true  '],
  ['true', ['DATE', 'TIME', 'TIMESTAMP'], refused],
  ['true', 'VARBINARY(2)', bytes(1)],
  ['false', 'BINARY(2)', bytes(0, 0)],
  ['123', ['TINYINT', 'INTEGER', 'DOUBLE'], 123],
  ['123.4', ['TINYINT', 'INTEGER', 'BIGINT'], refused],
  ['123.0', ['TINYINT', 'INTEGER'], 123],
  ['1.2e2', ['TINYINT', 'INTEGER'], 120],
  ['128', 'TINYINT', refused],
  ['-128', 'TINYINT', -128],
  ['32768', 'SMALLINT', refused],
  ['2147483648', 'INTEGER', refused],
  ['-2147483648', 'INTEGER', -2147483648],
  ['9007199254740993', 'BIGINT', 9007199254740993n],
  ['-9223372036854775808', 'BIGINT', -9223372036854775808n],
  ['9223372036854775808', 'BIGINT', refused],
  ['1234567.89', 'DECIMAL(9,2)', 123456789n],
  ['12345678.9', 'DECIMAL(9,2)', refused],
  ['1.005', 'DECIMAL(9,2)', refused],
  ['1.500', 'DECIMAL(9,2)', 150n],
  ['-0.01', 'DECIMAL(9,2)', -1n],
  ['999.99', 'DECIMAL(5,2)', 99999n],
  ['1000', 'DECIMAL(5,2)', refused],
  ['12345678901234567890.123456789', 'DECIMAL(38,9)', 12345678901234567890123456789n],
  ['0.1', 'DOUBLE', 0.1],
  ['0.1', 'REAL', Math.fround(0.1)],
  ['1e400', ['DOUBLE', 'REAL'], refused],
  ['1e39', 'REAL', refused],
  ['0', 'BOOLEAN', false],
  ['-0.00e5', 'BOOLEAN', false],
  ['0.01', 'BOOLEAN', true],
  ['-3', 'BOOLEAN', true],
  ['12.50', 'VARCHAR(8)', '12.50'],
  ['12.50', 'VARCHAR(3)', '12.'],
  ['7', 'CHAR(3)', '7  '],
  ['20240101', ['DATE', 'TIME', 'TIMESTAMP'], refused],
  ['5', ['BINARY(2)', 'VARBINARY(2)'], refused],
  ['"42"', ['TINYINT', 'INTEGER', 'DOUBLE'], 42],
  ['" +42 "', ['INTEGER', 'DOUBLE'], 42],
  ['"\\u0034\\u0032"', ['INTEGER', 'DOUBLE'], 42],
  ['"12.34"', 'DECIMAL(9,2)', 1234n],
  ['"1e400"', 'DOUBLE', refused],
  ['"0x10"', numeric, refused],
  ['""', numeric, refused],
  ['"abc"', numeric, refused],
  ['"TrUe"', 'BOOLEAN', true],
  ['"t\\u0072ue"', 'BOOLEAN', true],
  ['"true "', 'BOOLEAN', false],
  ['"1"', 'BOOLEAN', false],
  ['"abcdef"', 'VARCHAR(4)', 'abcd'],
  ['"é😀xyz"', 'VARCHAR(3)', 'é😀x'],
  ['"a\\"\\u00e9\\ud83d\\ude00\\n"', 'VARCHAR(4)', 'a"é😀'],
  ['"ab"', 'CHAR(4)', 'ab  '],
  ['"abcdef"', 'CHAR(4)', 'abcd'],
  ['"\\u00e9"', 'CHAR(2)', 'é '],
  ['"1992-02-14"', 'DATE', 8079],
  ['"1992-02-14 18:35:44.0"', 'DATE', 8079],
  ['"1992-02-14"', 'TIMESTAMP', Date.UTC(1992, 1, 14)],
  ['"1992-02-14 18:35:44.0"', 'TIMESTAMP', Date.UTC(1992, 1, 14, 18, 35, 44)],
  ['"1992-02-14T18:35:44.123456Z"', 'TIMESTAMP', Date.UTC(1992, 1, 14, 18, 35, 44, 123)],
  ['"1992-02-14T18:35:44+02:00"', 'TIMESTAMP', Date.UTC(1992, 1, 14, 16, 35, 44)],
  ['"1992-02-14\\u002018:35:44"', 'TIMESTAMP', Date.UTC(1992, 1, 14, 18, 35, 44)],
  ['"18:35:44.5"', 'TIME', ((18 * 60 + 35) * 60 + 44) * 1000 + 500],
  ['"yesterday"', ['DATE', 'TIME', 'TIMESTAMP'], refused],
  ['"1992-02-30"', ['DATE', 'TIMESTAMP'], refused],
  ['"X\'0aFF\'"', 'VARBINARY(4)', bytes(10, 255)],
  ['"x\'0aFF\'"', 'BINARY(4)', bytes(10, 255, 0, 0)],
  ['"X\'\'"', 'VARBINARY(4)', bytes()],
  ['"X\'0a\'"', 'VARBINARY(1)', bytes(10)],
  ['"X\'0a0b\'"', 'VARBINARY(1)', refused],
  ['"X\'0\'"', 'VARBINARY(4)', refused],
  ['"X\'0g\'"', 'VARBINARY(4)', refused],
  ['"0aFF"', ['BINARY(4)', 'VARBINARY(4)'], refused],
  ['[1]', [...numeric, 'BOOLEAN', 'DATE', 'TIME', 'TIMESTAMP', 'BINARY(4)', 'VARBINARY(4)'], refused],
  ['{"a":1}', [...numeric, 'BOOLEAN', 'DATE', 'TIME', 'TIMESTAMP', 'BINARY(4)', 'VARBINARY(4)'], refused],
  ['[1, "x"]', 'VARCHAR(40)', '[1, "x"]'],
  ['{"a": 1}', 'VARCHAR(5)', '{"a":'],
  ['{"a":1}', 'CHAR(9)', '{"a":1}  '],
]

test('every cell of the coercion table, by generated code and by the general reader', () => {
  for (const [json, types, expected] of table) {
    for (const type of typeof types === 'string' ? [types] : types) {
      for (const learn of [true, false]) {
        const { feed, batch, row } = setUp({ c: `${type} $.c`, other: 'BIGINT $.other' }, learn)
        for (let round = 0; round < 3; round++) {
          resetBatch(batch)
          const problem = feed(`{"c":${json},"other":9223372036854775807}`)
          const got = problem === null ? row(0)[0] : refused
          expect([json, type, got]).toEqual([json, type, expected])
          expect(batch.length).toBe(expected === refused ? 0 : 1)
          if (problem !== null) {
            expect(problem.name).toBe('CoercionError')
            expect([problem.column, problem.path]).toEqual(['c', '$.c'])
            expect(problem.message).toContain('allowed: ')
            expect(problem.message).toContain(type)
          }
        }
      }
    }
  }
})

test('a missing member is NULL in every type', () => {
  for (const type of [
    ...numeric,
    'BOOLEAN',
    'VARCHAR(4)',
    'CHAR(4)',
    'DATE',
    'TIME',
    'TIMESTAMP',
    'BINARY(2)',
  ]) {
    const { feed, row } = setUp({ c: `${type} $.a.c` })
    expect([feed('{}'), feed('{"a":5}'), feed('{"a":{"d":1}}'), feed('[1]')]).toEqual([
      null,
      null,
      null,
      null,
    ])
    expect([row(0), row(1), row(2), row(3)]).toEqual([[null], [null], [null], [null]])
  }
})

test('a refused record leaves no trace: rows before and after are as without it', () => {
  const spec = { n: 'BIGINT $.n', t: 'VARCHAR(9) $.t', d: 'DECIMAL(4,1) $.d' }
  const { feed, batch, rows } = setUp(spec)
  expect(feed('{"n":1,"t":"a","d":1.5}')).toBe(null)
  const problem = feed('{"n":9223372036854775807,"t":"\\u0062","d":1.55}')
  expect(problem?.message).toBe(
    'column "d" DECIMAL(4,1) cannot take 1.55 at $.d; allowed: a number of at most 3 digits before the point and 1 after it',
  )
  expect(feed('{"n":2,"t":"c"}')).toBe(null)
  expect(rows()).toEqual([
    [1n, 'a', 15n],
    [2n, 'c', null],
  ])
  const number = batch.columns[0]!
  expect(number.kind === 'number' && (number.wide?.size ?? 0)).toBe(0)
})

test('long values are shortened in the message', () => {
  const { feed } = setUp({ n: 'INTEGER $.n' })
  const problem = feed(`{"n":"${'x'.repeat(1000)}"}`)
  expect(problem?.value.length).toBeLessThan(80)
})

test('text of a record is not copied; only what differs from its bytes goes to scratch pages', () => {
  const { reader, batch } = setUp({ a: 'VARCHAR(9) $.a', b: 'VARCHAR(9) $.b' })
  const page = Buffer.from('{"a":"plain","b":"esc\\n"}')
  expect(reader.page(batch, page)).toBe(0)
  reader.locate(page, 0, page.length)
  reader.append(batch, 0, 0)
  const [a, b] = batch.columns
  expect(a?.kind === 'text' && a.pages[a.page[0]!] === page && a.clean[0] === 1).toBe(true)
  expect(b?.kind === 'text' && b.pages[b.page[0]!] !== page && b.clean[0] === 0).toBe(true)
})

test('a batch that was emptied and filled again without a new page has its text', () => {
  const { reader, batch, row } = setUp({ a: 'VARCHAR(9) $.a', b: 'VARCHAR(9) $.b' })
  const page = Buffer.from('{"a":"plain","b":"esc\\n"}')
  reader.page(batch, page)
  for (let round = 0; round < 3; round++) {
    reader.locate(page, 0, page.length)
    expect(reader.append(batch, 0, 0)).toBe(null)
    expect(row(0)).toEqual(['plain', 'esc\n'])
    resetBatch(batch)
  }
})

test('rows of a batch keep their text while other batches are filled by the same reader', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { maxLength: 60 }), (texts) => {
      const columns = columnsOf({ a: 'VARCHAR(999) $.a', s: 'VARCHAR(999) $.s', p: 'CHAR(5) $.a' })
      const reader = new JsonRowReader(columns)
      const schema = { fields: columns.map((column) => ({ ...column, nullable: true })) }
      const batches: [RowBatch, string][] = []
      for (const text of texts) {
        const batch = makeBatch(schema, 1)
        const page = Buffer.from(
          `${JSON.stringify({ a: text }).replaceAll('a', '\\u0061').replace('\\u0061', 'a')}`,
        )
        reader.page(batch, page)
        expect(reader.locate(page, 0, page.length)).toBe(null)
        reader.set('s', `${text}!`)
        expect(reader.append(batch, 0, 0)).toBe(null)
        batches.push([batch, text])
      }
      for (const [batch, text] of batches) {
        expect(readCell(batch.columns[0]!, 0, columns[0]!.type)).toBe(text)
        expect(readCell(batch.columns[1]!, 0, columns[1]!.type)).toBe(`${text}!`)
        expect([...(readCell(batch.columns[2]!, 0, columns[2]!.type) as string)].length).toBe(5)
      }
    }),
    { numRuns: 50 },
  )
})

test('get gives what JSON.parse gives, before and after the path has joined the projection', () => {
  const paths: [string, (value: Record<string, unknown>) => unknown][] = [
    ['$', (value) => value],
    ['$.a', (value) => value.a],
    ['$.b-c', (value) => value['b-c']],
    ['$.o.x', (value) => (value.o as Record<string, unknown> | undefined)?.x],
    ['$.none', () => undefined],
  ]
  const record = fc.record(
    {
      a: fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      ),
      'b-c': fc.jsonValue({ maxDepth: 2 }),
      o: fc.record({ x: fc.oneof(fc.string({ maxLength: 3 }), fc.boolean(), fc.constant(null)) }),
    },
    { requiredKeys: ['a'], noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(record, { maxLength: 10 }), (records) => {
      const reader = new JsonRowReader([])
      for (const value of records) {
        const text = JSON.stringify(value)
        const page = Buffer.from(text)
        reader.locate(page, 0, page.length)
        const parsed = JSON.parse(text) as Record<string, unknown>
        for (const [path, pick] of paths) expect(reader.get(path)).toEqual(pick(parsed))
      }
    }),
  )
})

test('set lays a value over the top-level member and hides what is below it', () => {
  const spec = { t: 'VARCHAR(9) $.t', n: 'INTEGER $.n', b: 'BOOLEAN $.b', x: 'VARCHAR(9) $.o.x' }
  const { reader, feed, rows } = setUp(spec)
  const text = '{"t":"own","n":1,"b":true,"o":{"x":"deep","y":"more"}}'
  feed(text, () => {
    reader.set('t', 'say "hi"')
    expect(reader.get('$.t')).toBe('say "hi"')
    reader.set('n', 42)
    reader.set('b', null)
    reader.set('o', 'gone')
    expect([reader.get('$.o'), reader.get('$.o.x'), reader.get('$.o.y'), reader.get('$.n')]).toEqual([
      'gone',
      undefined,
      undefined,
      42,
    ])
    reader.set('unmapped', 1.5)
    expect([reader.get('$.unmapped'), reader.get('$.t')]).toEqual([1.5, 'say "hi"'])
  })
  feed(text, () => expect(reader.get('$.o.y')).toBe('more'))
  feed(text, () => reader.set('b', false))
  expect(rows()).toEqual([
    ['say "hi"', 42, null, null],
    ['own', 1, true, 'deep'],
    ['own', 1, false, 'deep'],
  ])
  expect(() => reader.set('n', Number.NaN)).toThrow(/^VAL1103 /)
})

test('many different values of set stay right', () => {
  const { reader, feed, rows } = setUp({ id: 'VARCHAR(12) $.id', n: 'INTEGER $.n' })
  for (let i = 0; i < 3000; i++) feed('{}', () => [reader.set('id', `id-${i}`), reader.set('n', i)])
  expect(rows()).toEqual(Array.from({ length: 3000 }, (_, i) => [`id-${i}`, i]))
})

test('replace maps another value instead of the record', () => {
  const { reader, feed, rows } = setUp({ a: 'VARCHAR(9) $.a', n: 'BIGINT $.n' })
  feed('{"a":"old","n":1}', () => reader.replace({ a: 'new\n', n: 9223372036854775807n }))
  feed('{"a":"old","n":1}', () => {
    reader.replace({ n: 5 })
    reader.set('a', 'laid over')
    expect(reader.get('$.n')).toBe(5)
  })
  feed('{"a":"old","n":1}')
  expect(rows()).toEqual([
    ['new\n', 9223372036854775807n],
    ['laid over', 5n],
    ['old', 1n],
  ])
  expect(() => reader.replace(undefined)).toThrow(/^VAL1103 /)
})

test('a path through an array makes one row for each element and at least one; the other columns repeat', () => {
  const spec = {
    id: 'INTEGER $.id',
    all: 'VARCHAR(99) $.items[0:]',
    sku: 'VARCHAR(9) $.items[0:].sku',
    q: 'INTEGER $.items[0:].n.q',
  }
  const { reader, feed, batch, rows } = setUp(spec)
  expect(feed('{"id":1,"items":[{"sku":"a","n":{"q":1}}, {"sku":"b\\n"} ,7,null]}')).toBe(null)
  const all = '[{"sku":"a","n":{"q":1}}, {"sku":"b\\n"} ,7,null]'
  expect(rows()).toEqual([
    [1, all, 'a', 1],
    [1, all, 'b\n', null],
    [1, all, null, null],
    [1, all, null, null],
  ])
  resetBatch(batch)
  expect([feed('{"id":2,"items":[]}'), feed('{"id":3}'), feed('{"id":4,"items":"x"}')]).toEqual([
    null,
    null,
    null,
  ])
  expect(rows()).toEqual([
    [2, '[]', null, null],
    [3, null, null, null],
    [4, null, null, null],
  ])
  resetBatch(batch)
  expect(feed('{"id":5,"items":[{"n":{"q":1}},{"n":{"q":"x"}}]}')?.column).toBe('q')
  expect(feed('{"id":5,"items":[{"sku":1},{"sku":1,"sku":2}]}')?.name).toBe('ParseError')
  expect(batch.length).toBe(0)
  expect(reader.matched(0)).toBe(6)
  expect(() => setUp({ a: 'INTEGER $.x[0:].a', b: 'INTEGER $.y[0:].b' })).toThrow(/^VAL1105 /)
})

test('several documents in one payload are read one after the other, up to the first that is no JSON', () => {
  const { reader, batch, rows } = setUp({ a: 'INTEGER $.a' })
  const page = Buffer.from(' {"a":1}{"a":2}\n{"a":3} \n {"a":x}')
  reader.page(batch, page)
  let at = 0
  let problem: unknown
  while (at < page.length) {
    const next = reader.locateNext(page, at, page.length)
    if (typeof next !== 'number') {
      problem = next
      break
    }
    reader.append(batch, 0, 0)
    at = next
  }
  expect(rows()).toEqual([[1], [2], [3]])
  expect(problem).toEqual({ offset: 5, reason: 'a value should be here, not "x"' })
})

test('matched counts the records in which a path was found', () => {
  const { reader, feed } = setUp({ a: 'VARCHAR(9) $.a', misspelt: 'INTEGER $.quanity', s: 'VARCHAR(9) $.s' })
  for (let i = 0; i < 10; i++)
    feed(i % 2 === 0 ? '{"a":null}' : '{"b":1}', () => i === 9 && reader.set('s', 'x'))
  expect([reader.matched(0), reader.matched(1), reader.matched(2)]).toEqual([5, 0, 1])
})

test('the learned and the general reader map a stream of mixed records to the same rows', () => {
  const spec = {
    id: 'BIGINT $.data.id',
    price: 'DECIMAL(6,2) $.data.price',
    name: 'VARCHAR(6) $.data.name',
    at: 'TIMESTAMP $.data.at',
    flag: 'BOOLEAN $.data.flag',
    x: 'DOUBLE $.data.x',
    kind: 'VARCHAR(5) $.metadata.table-name',
    data: 'VARCHAR(20) $.data',
  }
  const price = fc.oneof(
    fc.integer({ min: -999999, max: 999999 }).map((n) => n / 100),
    fc.constantFrom('1.25', 1.005, null, 1e7),
  )
  const data = fc.record(
    {
      id: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(null, '12', 'x')),
      price,
      name: fc.string({ unit: 'grapheme', maxLength: 9 }),
      at: fc.constantFrom('2024-01-01', '2024-01-01T00:00:00.5Z', 'never', null),
      flag: fc.constantFrom(true, false, 0, 'TRUE', null),
      x: fc.double({ noNaN: true, noDefaultInfinity: true }),
    },
    { requiredKeys: ['id', 'name'], noNullPrototype: true },
  )
  const record = fc.record({ data, metadata: fc.record({ 'table-name': fc.constantFrom('order', 'item') }) })
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), (records) => {
      const [learned, general] = [setUp(spec), setUp(spec, false)]
      const out = new ByteWriter()
      for (const value of [...records, ...records]) {
        out.reset()
        out.writeText(JSON.stringify(value))
        const text = Buffer.from(out.written()).toString()
        expect(learned.feed(text)).toEqual(general.feed(text))
      }
      expect(learned.rows()).toEqual(general.rows())
    }),
  )
})
