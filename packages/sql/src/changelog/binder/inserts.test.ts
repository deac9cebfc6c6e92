import { expect, test } from 'vitest'
import type { Expr } from '../../plan.ts'
import { bindFlinkProgram } from './bind-flink-program.ts'
import { errorsOf, programOf, sinkOf, tables } from './testing/flink-binding.ts'

function table(columns: string, options = "'connector' = 'print'"): string {
  return `CREATE TABLE t (${columns}) WITH (${options});`
}

/** What a column of the sink is made of: 'CAST', 'ASSIGN(CAST)', 'column', 'literal'. */
function how(program: string): string[] {
  const { plan } = sinkOf(program)
  const text = (expr: Expr): string =>
    expr.kind !== 'call'
      ? expr.kind
      : expr.fn === 'CAST' || expr.fn === 'ASSIGN'
        ? `${expr.fn}(${text(expr.args[0]!)})`
        : expr.fn
  return plan.kind === 'project' ? plan.exprs.map(text) : []
}

test('columns are mapped by position; names do not matter', () => {
  const { plan } = sinkOf(
    `${table('a STRING, b BIGINT')} INSERT INTO t SELECT product AS b, id AS a FROM orders`,
  )
  expect(plan.schema.fields).toMatchObject([
    { name: 'a', type: { kind: 'VARCHAR' } },
    { name: 'b', type: { kind: 'BIGINT' } },
  ])
})

test('a list of columns maps to them, and the rest is NULL', () => {
  const { plan } = sinkOf(
    `${table('a STRING, b BIGINT, c INT')} INSERT INTO t (b, a) SELECT id, product FROM orders`,
  )
  expect(plan).toMatchObject({
    exprs: [{ index: 1 }, { index: 0 }, { value: null, type: { kind: 'INTEGER' } }],
  })
})

test('computed and virtual columns are not written', () => {
  const { plan } = sinkOf(
    `${table('a BIGINT, b AS a + 1, m BIGINT METADATA, v BIGINT METADATA VIRTUAL')} INSERT INTO t SELECT id, id FROM orders`,
  )
  expect(plan.schema.fields.map(({ name }) => name)).toEqual(['a', 'm'])
})

test.each([
  ['a BIGINT', 'INSERT INTO t SELECT id, id FROM orders', 'SQL5001', 'SELECT id, id FROM orders'],
  ['a BIGINT, b BIGINT', 'INSERT INTO t SELECT id FROM orders', 'SQL5001', 'SELECT id FROM orders'],
  ['a BIGINT', 'INSERT INTO t (x) SELECT id FROM orders', 'SQL5004', 'x'],
  ['a BIGINT, b AS a + 1', 'INSERT INTO t (b) SELECT id FROM orders', 'SQL5004', 'b'],
  ['a BIGINT, b BIGINT', 'INSERT INTO t (a, a) SELECT id, id FROM orders', 'SQL2004', 'a'],
  ['a BIGINT, b BIGINT NOT NULL', 'INSERT INTO t (a) SELECT id FROM orders', 'SQL5003', 't'],
  [
    'a BIGINT NOT NULL',
    'INSERT INTO t SELECT CAST(NULL AS BIGINT) FROM orders',
    'SQL5003',
    'CAST(NULL AS BIGINT)',
  ],
  ['a INT', 'INSERT INTO t SELECT id FROM orders', 'SQL5002', 'id'],
  ['a INT', 'INSERT INTO t SELECT product FROM orders', 'SQL5002', 'product'],
  ['a STRING', 'INSERT INTO t SELECT id FROM orders', 'SQL5002', 'id'],
  ['a FLOAT', 'INSERT INTO t SELECT CAST(1 AS DOUBLE) FROM orders', 'SQL5002', 'CAST(1 AS DOUBLE)'],
  ['a TINYINT', 'INSERT INTO t VALUES (1), (300)', 'SQL5002', '300'],
  ['a INT', "INSERT INTO t VALUES ('1')", 'SQL5002', "'1'"],
  ['a ARRAY<INT>', 'INSERT INTO t SELECT tags FROM orders', 'SQL5002', 'tags'],
  ['a INT, b INT', 'INSERT INTO t VALUES (1, 2), (3)', 'SQL5001', '3'],
  ['a INT', 'INSERT OVERWRITE t VALUES (1)', 'SQL6001', 'INSERT OVERWRITE t VALUES (1)'],
  ['a INT', 'INSERT INTO nowhere VALUES (1)', 'SQL2006', 'nowhere'],
])('into (%s) this is refused: %s', (columns, insert, code, at) => {
  expect(errorsOf(`${table(columns)} ${insert}`)).toEqual([[code, at]])
})

test('a view is no target', () => {
  expect(errorsOf('CREATE VIEW v AS SELECT 1; INSERT INTO v SELECT 1')).toEqual([['SQL2006', 'v']])
})

test.each([
  ['a DECIMAL(20, 0)', 'id', 'CAST(column)'],
  ['a DOUBLE', 'id', 'CAST(column)'],
  ['a BIGINT', 'id', 'column'],
  ['a DECIMAL(12, 2)', 'price', 'column'],
  ['a DECIMAL(5, 1)', 'price', 'CAST(column)'],
  ['a DOUBLE', 'price', 'CAST(column)'],
  ['a VARCHAR(3)', 'product', 'column'],
  ['a TIMESTAMP(6)', 'ts', 'column'],
  ['a TIMESTAMP(0)', 'ts', 'CAST(column)'],
  ['a TIMESTAMP_LTZ(3)', 'ts', 'CAST(column)'],
  ['a BIGINT NOT NULL', 'id', 'ASSIGN(column)'],
  ['a DOUBLE NOT NULL', 'id', 'ASSIGN(CAST(column))'],
  ['a TINYINT', '7', 'CAST(column)'],
  ['a ROW<c STRING, g ROW<lat DOUBLE, lon DOUBLE>>', 'address', 'column'],
])('into (%s), %s becomes %s', (columns, value, result) => {
  const made = how(`${table(columns)} INSERT INTO t SELECT ${value} FROM orders`)
  // Rows differ in the names of their fields only, which is no conversion, or one that changes nothing.
  expect(made).toEqual([result])
})

test('literals of VALUES go to the types of their columns', () => {
  const { plan } = sinkOf(
    `${table('a TINYINT NOT NULL, b DOUBLE, c STRING, d DECIMAL(10, 2)')} INSERT INTO t VALUES (1, 2, 'x', 1.5), (2, 2.5, 'long', NULL)`,
  )
  expect(plan).toMatchObject({
    exprs: [{ kind: 'column' }, { kind: 'column' }, { kind: 'column' }, { kind: 'column' }],
    input: { kind: 'values', schema: { fields: [{ nullable: false }, {}, {}, { nullable: true }] } },
  })
})

test('the settings of sinks: length of text, NULL in NOT NULL columns', () => {
  const insert = `${table('a VARCHAR(3), b BIGINT NOT NULL')} INSERT INTO t SELECT product, id FROM orders`
  expect(how(`SET 'table.exec.sink.type-length-enforcer' = 'TRIM_PAD'; ${insert}`)).toEqual([
    'CAST(column)',
    'ASSIGN(column)',
  ])
  expect(how(`SET 'table.exec.sink.not-null-enforcer' = 'DROP'; ${insert}`)).toEqual(['column', 'column'])
  expect(sinkOf(`SET 'table.exec.sink.not-null-enforcer' = 'DROP'; ${insert}`).plan).toMatchObject({
    input: { kind: 'filter', predicate: { fn: 'IS NOT NULL' } },
  })
})

const updating = 'SELECT id, COUNT(*) FROM orders GROUP BY id'
const count = 'id BIGINT, n BIGINT'
const keyed = `${count}, PRIMARY KEY (id) NOT ENFORCED`

test.each([
  [count, "'connector' = 'memory', 'changelog-mode' = 'append'"],
  [count, "'connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json'"],
  [keyed, "'connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json'"],
  [count, "'connector' = 'kafka', 'format' = 'json'"],
  [count, "'connector' = 'stream', 'format' = 'csv'"],
])('a sink of new rows only refuses updates: (%s) with %s', (columns, options) => {
  const text = `${tables}${table(columns, options)} INSERT INTO t ${updating}`
  const { diagnostics } = bindFlinkProgram({ text, fileName: 'test.sql' })
  const error = diagnostics.find(({ severity }) => severity === 'error')!
  expect([error.code, text.slice(error.span.start, error.span.end)]).toEqual(['SQL4033', 't'])
  expect(error.message).toContain('GROUP BY without windows')
  expect(error.notes.map(({ span }) => text.slice(span.start, span.end))).toEqual([updating])
})

test.each([
  [count, "'connector' = 'memory', 'changelog-mode' = 'all'"],
  [count, "'connector' = 'memory'"],
  [count, "'connector' = 'print'"],
  [count, "'connector' = 'blackhole'"],
  [count, "'connector' = 'kafka', 'format' = 'debezium-json'"],
  [keyed, "'connector' = 'kafka', 'format' = 'json'"],
  [keyed, "'connector' = 'upsert-kafka', 'format' = 'json'"],
])('a sink of all kinds, or by key, takes updates: (%s) with %s', (columns, options) => {
  expect(errorsOf(`${table(columns, options)} INSERT INTO t ${updating}`)).toEqual([])
})

test('a sink by key needs a key', () => {
  expect(errorsOf(`${table(count, "'changelog-mode' = 'upsert'")} INSERT INTO t ${updating}`)).toEqual([
    ['SQL4031', 't'],
  ])
})

test.each([
  ['the key of the query', keyed, updating, false],
  ['new rows only', keyed, 'SELECT id, id FROM orders', false],
  ['another key', 'id BIGINT, n BIGINT, PRIMARY KEY (n) NOT ENFORCED', updating, true],
  ['a part of the key', 'id BIGINT, n BIGINT, PRIMARY KEY (id, n) NOT ENFORCED', updating, false],
  ['no key of the sink', count, updating, false],
])(
  'rows are put in order by the sink key only where they have to be: %s',
  (_, columns, query, materialize) => {
    const sink = sinkOf(`${table(columns)} INSERT INTO t ${query}`)
    expect(sink.materialize).toBe(materialize)
  },
)

test('a statement set is one program of many sinks', () => {
  const program = programOf(
    `${table(count)} EXECUTE STATEMENT SET BEGIN INSERT INTO t ${updating}; INSERT INTO log SELECT id, 1 FROM orders; END`,
  )
  expect(program.sinks.map(({ name }) => name)).toEqual(['t', 'log'])
  expect(program.sources).toEqual(['orders'])
})

test('bare queries are outputs with names of their own', () => {
  const { sinks } = programOf('CREATE TABLE SELECT_1 (a INT); SELECT id FROM orders; SELECT id FROM log')
  expect(sinks).toMatchObject([{ name: 'SELECT_2', table: undefined, key: undefined }, { name: 'SELECT_3' }])
})

test('hints behind the target change its options', () => {
  const insert = `INSERT INTO log /*+ OPTIONS('changelog-mode' = 'all') */ SELECT id, CAST(COUNT(*) AS INT) FROM orders GROUP BY id`
  expect(errorsOf(insert)).toEqual([])
  expect(sinkOf(insert).table?.options).toMatchObject({ 'changelog-mode': 'all' })
})
