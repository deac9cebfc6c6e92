import type { SqlType } from '@millrace/values'
import { expect, test } from 'vitest'
import type { HostFunction, HostFunctions } from '../../host-function.ts'
import { bindFlinkProgram } from './bind-flink-program.ts'
import { FlinkSession } from './session.ts'
import { errorsOf, find, programOf, shapeOf, sinkOf, tables } from './testing/flink-binding.ts'

const text: SqlType = { kind: 'VARCHAR', length: 0x7fff_ffff }

function table(columns: string, options = "'connector' = 'memory'"): string {
  return `CREATE TABLE t (${columns}) WITH (${options});`
}

function columnsOf(columns: string): unknown {
  return programOf(table(columns))
    .tables.get('t')!
    .columns.map(({ name, type, nullable }) => [name, type, nullable])
}

test('types and their defaults', () => {
  expect(
    columnsOf(
      'a INT NOT NULL, b VARCHAR, c DECIMAL, d TIMESTAMP, e TIMESTAMP_LTZ(3), f FLOAT, g ARRAY<ROW<x BIGINT NOT NULL, y MAP<STRING, DATE>>>, h BYTES, i CHAR(3), j TIME',
    ),
  ).toEqual([
    ['a', { kind: 'INTEGER' }, false],
    ['b', text, true],
    ['c', { kind: 'DECIMAL', precision: 10, scale: 0 }, true],
    ['d', { kind: 'TIMESTAMP', precision: 6 }, true],
    ['e', { kind: 'TIMESTAMP_LTZ', precision: 3 }, true],
    ['f', { kind: 'REAL' }, true],
    [
      'g',
      {
        kind: 'ARRAY',
        element: {
          kind: 'ROW',
          fields: [
            { name: 'x', type: { kind: 'BIGINT' }, nullable: false },
            { name: 'y', type: { kind: 'MAP', key: text, value: { kind: 'DATE' } }, nullable: true },
          ],
        },
      },
      true,
    ],
    ['h', { kind: 'VARBINARY', length: 0x7fff_ffff }, true],
    ['i', { kind: 'CHAR', length: 3 }, true],
    ['j', { kind: 'TIME' }, true],
  ])
})

test.each([
  ['a STRNG', 'SQL3004', 'STRNG'],
  ['a DECIMAL(39, 2)', 'SQL3004', 'DECIMAL(39, 2)'],
  ['a TIMESTAMP(10)', 'SQL3004', 'TIMESTAMP(10)'],
  ['a INT, b INT, a STRING', 'SQL2004', 'a'],
  ['a ROW<x INT, x STRING>', 'SQL2004', 'x'],
  ['a INT, PRIMARY KEY (b) NOT ENFORCED', 'SQL2002', 'b'],
  ['a INT, PRIMARY KEY (a, a) NOT ENFORCED', 'SQL4031', 'a'],
  ['a INT, b AS a + 1, PRIMARY KEY (b) NOT ENFORCED', 'SQL4031', 'b'],
  ['a INT, WATERMARK FOR ts AS ts', 'SQL2002', 'ts'],
  ['ts STRING, WATERMARK FOR ts AS ts', 'SQL4030', 'ts'],
  ['ts TIMESTAMP(6), WATERMARK FOR ts AS ts', 'SQL4030', 'ts'],
  ['r ROW<ts TIMESTAMP(3)>, WATERMARK FOR r.ts AS r.ts', 'SQL4030', 'WATERMARK FOR r.ts AS r.ts'],
  ['ts TIMESTAMP(3), a INT, WATERMARK FOR ts AS a', 'SQL4030', 'a'],
  ['a INT, b AS c + 1', 'SQL2002', 'c'],
  ['a INT, b AS NULL', 'SQL3005', 'NULL'],
])('a faulty table is refused: %s', (columns, code, at) => {
  expect(errorsOf(table(columns))).toEqual([[code, at]])
})

test('what a faulty CREATE would have made is not missed as well', () => {
  expect(
    errorsOf(
      `${table('a STRNG')} CREATE VIEW v AS SELECT a FROM t; SELECT * FROM v; INSERT INTO t SELECT 1;`,
    ),
  ).toEqual([['SQL3004', 'STRNG']])
  expect(errorsOf('CREATE TABLE t (a INT b INT); INSERT INTO t SELECT 1; SELECT a FROM t;')).toEqual([
    ['SQL1003', 'b'],
  ])
})

test('a primary key makes its columns NOT NULL and is a key of the rows', () => {
  const ddl = table('a INT, b STRING, PRIMARY KEY (a) NOT ENFORCED')
  const { plan } = sinkOf(`${ddl} SELECT b, a FROM t`)
  expect(plan.schema.fields.map(({ nullable }) => nullable)).toEqual([true, false])
  expect(plan.traits.keys).toEqual([[1]])
})

test('computed and metadata columns: where they come from, and in which place they stand', () => {
  const ddl = table(
    "b AS a + 1, a INT, at TIMESTAMP(3) METADATA FROM 'timestamp' VIRTUAL, p BIGINT METADATA, WATERMARK FOR at AS at - INTERVAL '1' SECOND",
  )
  const { plan } = sinkOf(`${ddl} SELECT * FROM t`)
  expect(plan.schema.fields.map(({ name }) => name)).toEqual(['b', 'a', 'at', 'p'])
  expect(find(plan, 'source').schema.fields.map(({ name }) => name)).toEqual(['a', 'at', 'p'])
  const watermark = find(plan, 'watermark')
  expect(watermark).toMatchObject({
    column: 2,
    idleTimeout: 0,
    input: { kind: 'project', exprs: [{ fn: '+' }, { index: 0 }, { index: 1 }, { index: 2 }] },
  })
  expect(plan.traits.times).toEqual([{ column: 2, kind: 'rowtime' }])
})

test.each([
  ["'changelog-mode' = 'append'", 'append', 't'],
  ["'changelog-mode' = 'all'", 'retract', 't'],
  ["'changelog-mode' = 'upsert'", 'retract', 'normalize(t)'],
  ["'connector' = 'upsert-kafka'", 'retract', 'normalize(t)'],
  ["'connector' = 'kafka', 'format' = 'debezium-json'", 'retract', 't'],
  ["'connector' = 'kafka', 'format' = 'json'", 'append', 't'],
])('options say which changes a table delivers: %s', (options, changes, shape) => {
  const program = `${table('a INT, PRIMARY KEY (a) NOT ENFORCED', options)} SELECT * FROM t`
  expect(shapeOf(program)).toBe(shape)
  expect(sinkOf(program).plan.traits).toMatchObject({ changes, keys: [[0]] })
})

test('some connectors only write, others only read', () => {
  expect(errorsOf(`${table('a INT', "'connector' = 'blackhole'")} SELECT a FROM t`)).toEqual([
    ['SQL4034', 't'],
  ])
  expect(errorsOf(`${table('a INT', "'connector' = 'datagen'")} INSERT INTO t VALUES (1)`)).toEqual([
    ['SQL2006', 't'],
  ])
})

test('changes by key need a key', () => {
  expect(errorsOf(`${table('a INT', "'changelog-mode' = 'upsert'")} SELECT * FROM t`)).toEqual([
    ['SQL4031', 't'],
  ])
})

test('idle timeouts: of the table, else of the session', () => {
  const columns = 'ts TIMESTAMP(3), WATERMARK FOR ts AS ts'
  const timeout = (program: string): number => find(sinkOf(program).plan, 'watermark').idleTimeout
  expect(timeout(`${table(columns, "'scan.watermark.idle-timeout' = '5 s'")} SELECT * FROM t`)).toBe(5000)
  expect(timeout(`SET 'table.exec.source.idle-timeout' = '1 min'; ${table(columns)} SELECT * FROM t`)).toBe(
    60_000,
  )
  expect(errorsOf(`${table(columns, "'scan.watermark.idle-timeout' = 'soon'")} SELECT * FROM t`)).toEqual([
    ['SQL4034', "'scan.watermark.idle-timeout' = 'soon'"],
  ])
})

const base =
  "CREATE TABLE base (a INT, m STRING METADATA, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (a) NOT ENFORCED) PARTITIONED BY (a) WITH ('connector' = 'memory', 'x' = '1');"

test('LIKE takes over everything, options being overwritten', () => {
  const t = programOf(`${base} CREATE TABLE t (b STRING) WITH ('x' = '2') LIKE base`).tables.get('t')!
  expect(t).toMatchObject({
    primaryKey: ['a'],
    partitionedBy: ['a'],
    options: { connector: 'memory', x: '2' },
    watermark: { column: 'ts' },
  })
  expect(t.columns.map(({ name }) => name)).toEqual(['a', 'm', 'c', 'ts', 'b'])
})

test('LIKE leaves out what its rules exclude, and computed columns count the columns that are left', () => {
  const rules =
    'EXCLUDING METADATA EXCLUDING CONSTRAINTS EXCLUDING WATERMARKS EXCLUDING OPTIONS EXCLUDING PARTITIONS'
  const t = programOf(`${base} CREATE TABLE t (b STRING) WITH ('x' = '2') LIKE base (${rules})`).tables.get(
    't',
  )!
  expect(t).toMatchObject({ primaryKey: undefined, partitionedBy: [], options: { x: '2' } })
  expect(t.watermark).toBeUndefined()
  expect(t.columns.map(({ name }) => name)).toEqual(['a', 'c', 'ts', 'b'])
  expect(t.columns[1]!.computed).toMatchObject({ args: [{ index: 0 }, {}] })
})

test.each([
  ['CREATE TABLE t (a STRING) LIKE base', 'SQL2004', 'a'],
  ["CREATE TABLE t WITH ('x' = '2') LIKE base (INCLUDING OPTIONS)", 'SQL2004', "'x' = '2'"],
  ['CREATE TABLE t (PRIMARY KEY (ts) NOT ENFORCED) LIKE base', 'SQL4031', 'ts'],
  [
    'CREATE TABLE t (WATERMARK FOR ts AS ts) LIKE base (INCLUDING WATERMARKS)',
    'SQL4030',
    'WATERMARK FOR ts AS ts',
  ],
  ['CREATE TABLE t (a STRING) LIKE nowhere', 'SQL2001', 'nowhere'],
])('LIKE refuses what comes twice: %s', (statement, code, at) => {
  expect(errorsOf(`${base} ${statement}`)).toEqual([[code, at]])
})

test('AS query makes a table of its columns and fills it', () => {
  const program = programOf(
    "CREATE TABLE t WITH ('connector' = 'memory') AS SELECT id, price AS p FROM orders",
  )
  expect(program.tables.get('t')!.columns.map(({ name }) => name)).toEqual(['id', 'p'])
  expect(program.sinks).toMatchObject([{ name: 't', key: undefined }])
})

test('names are taken once; IF NOT EXISTS leaves what there is', () => {
  expect(errorsOf('CREATE TABLE orders (a INT)')).toEqual([['SQL2004', 'orders']])
  expect(errorsOf('CREATE VIEW orders AS SELECT 1')).toEqual([['SQL2004', 'orders']])
  const kept = programOf(
    'CREATE TABLE IF NOT EXISTS orders (a INT); CREATE VIEW v AS SELECT 1; CREATE VIEW IF NOT EXISTS v AS SELECT 2',
  )
  expect(kept.tables.get('orders')!.columns).toHaveLength(6)
  expect(errorsOf('DROP TABLE nowhere')).toEqual([['SQL2008', 'nowhere']])
  expect(errorsOf('DROP TABLE IF EXISTS nowhere; DROP VIEW orders')).toEqual([['SQL2008', 'orders']])
  expect(errorsOf('DROP TABLE orders; SELECT * FROM orders')).toEqual([['SQL2001', 'orders']])
})

test('a program may declare again what the host registered', () => {
  const given = programOf('').tables.get('log')!
  const { program, diagnostics } = bindFlinkProgram({
    text: 'CREATE TABLE log (other STRING); SELECT other FROM log',
    fileName: 'test.sql',
    tables: [given],
  })
  expect(diagnostics).toEqual([])
  expect(program!.sinks[0]!.plan.schema.fields).toMatchObject([{ name: 'other' }])
})

test('what the host says of its table holds where the program does not say otherwise', () => {
  const given = { ...programOf('').tables.get('log')!, options: { connector: 'memory', lookup: 'true' } }
  const bind = (options: string): unknown =>
    bindFlinkProgram({
      text: `CREATE TABLE log (id BIGINT) WITH (${options})`,
      fileName: 'test.sql',
      tables: [given],
    }).program!.tables.get('log')!.options
  expect(bind("'connector' = 'memory'")).toEqual({ connector: 'memory', lookup: 'true' })
  expect(bind("'connector' = 'jdbc', 'lookup' = 'false'")).toEqual({ connector: 'jdbc', lookup: 'false' })
})

test('views name their columns, once each, and are found faulty when they are made', () => {
  expect(
    sinkOf('CREATE VIEW v (x, y) AS SELECT id, price FROM orders; SELECT y FROM v').plan.schema.fields,
  ).toMatchObject([{ name: 'y', type: { kind: 'DECIMAL' } }])
  expect(errorsOf('CREATE VIEW v (x) AS SELECT id, price FROM orders')).toEqual([['SQL5001', 'x']])
  expect(errorsOf('CREATE VIEW v AS SELECT nope FROM orders')).toEqual([['SQL2002', 'nope']])
})

test('a view follows its table and the settings', () => {
  const program = `CREATE VIEW v AS SELECT o.id FROM orders o JOIN log l ON o.id = l.id;
    SET 'table.exec.state.ttl' = '1 h'; ALTER TABLE log SET ('changelog-mode' = 'all'); SELECT * FROM v`
  const join = find(sinkOf(program).plan, 'join')
  expect(join).toMatchObject({ leftTtl: 3_600_000, traits: { changes: 'retract' } })
})

test.each([
  ["SET 'table.exec.state.ttl' = 'never'", 'SQL4034'],
  ["SET 'table.local-time-zone' = 'Mars/Olympus'", 'SQL4034'],
  ["SET 'execution.runtime-mode' = 'batch'", 'SQL4034'],
])('a setting of the wrong form is refused: %s', (statement, code) => {
  expect(errorsOf(statement)).toEqual([[code, statement]])
})

test('settings are those of the program', () => {
  expect(
    programOf("SET 'table.local-time-zone' = 'Europe/Berlin'; SET 'a' = 'b'; RESET 'a'").settings,
  ).toEqual({
    'table.local-time-zone': 'Europe/Berlin',
  })
})

const hosts: HostFunctions = new Map<string, HostFunction>(
  (
    [
      {
        kind: 'scalar',
        name: 'count_char',
        parameters: [text, text],
        returns: { kind: 'BIGINT' },
        nullIn: 'called',
        call: () => 0,
      },
      {
        kind: 'table',
        name: 'com.acme.SplitWords',
        parameters: [text],
        columns: [{ name: 'word', type: text, nullable: false }],
        call: () => [],
      },
      {
        kind: 'async',
        name: 'fetch_city',
        parameters: [{ kind: 'BIGINT' }],
        returns: text,
        nullIn: 'null',
        timeoutMs: 1000,
        capacity: 10,
        ordered: true,
        retry: undefined,
        call: async () => null,
      },
    ] satisfies HostFunction[]
  ).map((host) => [host.name.toUpperCase(), host]),
)

test('CREATE FUNCTION finds a function of the host by its identifier in any spelling', () => {
  for (const id of ['count_char', 'com.github.nexmark.flink.udf.CountChar', 'CountChar'])
    expect(
      sinkOf(`CREATE FUNCTION cc AS '${id}'; SELECT Cc(product, 'a') AS n FROM orders`, hosts).plan,
    ).toMatchObject({ exprs: [{ kind: 'call', fn: 'COUNT_CHAR', type: { kind: 'BIGINT' }, nullable: true }] })
  expect(errorsOf("CREATE FUNCTION f AS 'com.acme.Nope'", hosts)).toEqual([
    ['SQL2005', "CREATE FUNCTION f AS 'com.acme.Nope'"],
  ])
  expect(errorsOf("CREATE FUNCTION upper AS 'count_char'", hosts)).toEqual([['SQL2004', 'upper']])
})

test('arguments of a host function are cast where that loses nothing', () => {
  expect(errorsOf('SELECT count_char(product, 1) FROM orders', hosts)).toEqual([['SQL3001', '1']])
  expect(errorsOf('SELECT count_char(product) FROM orders', hosts)).toEqual([
    ['SQL3001', 'count_char(product)'],
  ])
  expect(errorsOf('SELECT count_chr(product) FROM orders', hosts)).toEqual([
    ['SQL2005', 'count_chr(product)'],
  ])
})

test('a table function of the host is applied to each row', () => {
  const { plan } = sinkOf(
    "CREATE FUNCTION words AS 'com.acme.SplitWords'; SELECT o.id, w FROM orders o, LATERAL TABLE(words(o.product)) AS t(w)",
    hosts,
  )
  expect(find(plan, 'correlate')).toMatchObject({
    join: 'inner',
    source: { kind: 'table-function', fn: 'COM.ACME.SPLITWORDS', args: [{ index: 1 }] },
    fields: [{ name: 'w' }],
  })
  expect(
    shapeOf(
      'SELECT word FROM orders LEFT JOIN LATERAL TABLE(SplitWords(product)) ON TRUE',
      new Map([['SPLITWORDS', { ...hosts.get('COM.ACME.SPLITWORDS')!, name: 'SplitWords' }]]),
    ),
  ).toBe('left correlate(watermark(orders))')
  expect(errorsOf('SELECT 1 FROM orders, LATERAL TABLE(nope(id)) AS t(x)', hosts)).toEqual([
    ['SQL2005', 'nope(id)'],
  ])
})

test('an asynchronous function stands in select lists only, and becomes a node below', () => {
  const { plan } = sinkOf("SELECT id, 'in ' || fetch_city(id) AS c, fetch_city(id) FROM orders", hosts)
  expect(plan).toMatchObject({
    exprs: [
      { index: 0 },
      { fn: '||', args: [{}, { kind: 'column', index: 6 }] },
      { kind: 'column', index: 6 },
    ],
    input: { kind: 'async-project', fn: 'FETCH_CITY', args: [{ index: 0 }], input: { kind: 'watermark' } },
  })
  expect(errorsOf("SELECT id FROM orders WHERE fetch_city(id) = 'x'", hosts)).toMatchObject([
    ['SQL6001', expect.any(String)],
  ])
})

test('what a program asks is answered in order', () => {
  const { replies } = bindFlinkProgram({
    text: `${tables} SHOW TABLES; CREATE VIEW v AS SELECT id FROM orders; SHOW VIEWS; DESCRIBE rates; SET 'a' = 'b'; SET; SHOW CREATE VIEW v;`,
    fileName: 'test.sql',
    explain: () => '',
  })
  expect(replies.map(({ columns }) => columns)).toEqual([
    ['table name'],
    ['view name'],
    ['name', 'type', 'null', 'key', 'extras', 'watermark'],
    ['key', 'value'],
    ['result'],
  ])
  expect(replies[1]!.rows).toEqual([['v']])
  expect(replies[2]!.rows).toEqual([
    ['currency', 'STRING', 'FALSE', 'PRI(currency)', null, null],
    ['rate', 'DECIMAL(10, 4)', 'TRUE', null, null, null],
    ['ts', 'TIMESTAMP(3) *ROWTIME*', 'TRUE', null, null, 'ts'],
  ])
  expect(replies[3]!.rows).toEqual([['a', 'b']])
  expect(replies[4]!.rows).toEqual([['CREATE VIEW `v` (`id`) AS\nSELECT id FROM orders']])
})

test('what SHOW CREATE TABLE says makes the same table again', () => {
  const first = programOf(base)
  const { replies } = bindFlinkProgram({ text: `${base} SHOW CREATE TABLE base`, fileName: 'test.sql' })
  const again = bindFlinkProgram({ text: replies[0]!.rows[0]![0]!, fileName: 'again.sql' })
  expect(again.diagnostics).toEqual([])
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (key, each) => (key === 'span' ? undefined : each)))
  expect(plain(again.program!.tables.get('base'))).toEqual(plain(first.tables.get('base')))
})

test('EXPLAIN explains the plan that would run, and runs nothing', () => {
  const session = new FlinkSession({
    explain: ({ sinks }, details) => `${details.join()} ${sinks.map(({ name }) => name).join()}`,
  })
  const { results } = session.execute(
    `${tables} EXPLAIN CHANGELOG_MODE INSERT INTO log SELECT id, 1 FROM orders`,
  )
  expect(results.at(-1)).toMatchObject({ kind: 'reply', reply: { rows: [['CHANGELOG_MODE log']] } })
})

test('a host that explains nothing itself gets the plan that would run', () => {
  const { replies } = bindFlinkProgram({
    text: `${tables} EXPLAIN SELECT o.id FROM orders o JOIN log l ON o.id = l.id WHERE l.n > 3`,
    fileName: 'test.sql',
  })
  expect(replies[0]!.rows[0]![0]).toContain('orders')
})

test('a session goes from statement to statement', () => {
  const session = new FlinkSession()
  const run = (statement: string): unknown => {
    const { results, diagnostics } = session.execute(statement)
    return [results.map(({ kind }) => kind), diagnostics.map(({ code }) => code)]
  }
  expect(run(tables)).toEqual([Array.from({ length: 6 }, () => 'done'), []])
  expect(run('CREATE VIEW v AS SELECT id, n FROM log')).toEqual([['done'], []])
  expect(run('INSERT INTO nowhere SELECT 1')).toEqual([['failed'], ['SQL2006']])
  expect(run('SELECT * FROM v; SELECT id FROM v')).toEqual([['program', 'program'], []])
  expect(run('ALTER TABLE log RENAME TO log2')).toEqual([['done'], []])
  expect(run('SELECT * FROM v')).toEqual([['failed'], ['SQL2001']])
  expect(run('SELECT 1 FROM log2, changes')).toEqual([['program'], ['SQL9004']])
})
