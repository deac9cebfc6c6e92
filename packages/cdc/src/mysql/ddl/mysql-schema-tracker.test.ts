/** Cases of the schema tracker that random statements do not reach: texts of logs, restarts, logs that say more or less, refusals. */
import { describe, expect, it } from 'vitest'
import type { TableName, TableSchema } from '../../model/table-schema.ts'
import { columnCode, type LoggedColumn, type LoggedTable } from '../binlog/logged-table.ts'
import type { LoggedStatement } from '../log/schema-tracker.ts'
import type { MysqlTable } from '../schema/mysql-table.ts'
import { toTableSchema } from '../schema/mysql-table.ts'
import type { ServerFacts } from '../schema/server-facts.ts'
import { createdTable } from './apply-statement.ts'
import type { DdlStatement } from './ddl-statement.ts'
import { mysqlSchemaTracker } from './mysql-schema-tracker.ts'
import { parseDdl } from './parse-ddl.ts'

const mariadb: ServerFacts = {
  family: 'mariadb',
  version: '10.11.0-MariaDB',
  versionNumber: 101_100,
  lowerCaseNames: 0,
  collations: new Map([
    [45, 'utf8mb4_general_ci'],
    [8, 'latin1_swedish_ci'],
    [63, 'binary'],
  ]),
  defaultCollations: new Map([
    ['utf8mb4', 'utf8mb4_general_ci'],
    ['latin1', 'latin1_swedish_ci'],
    ['utf8mb3', 'utf8mb3_general_ci'],
    ['binary', 'binary'],
  ]),
  characterBytes: new Map([
    ['utf8mb4', 4],
    ['latin1', 1],
    ['binary', 1],
  ]),
  serverCollation: 'utf8mb4_general_ci',
  hasExplicitTimestamps: true,
  hasIntegerWidths: true,
}
const mysql: ServerFacts = {
  ...mariadb,
  family: 'mysql',
  version: '8.4.3',
  versionNumber: 80_403,
  hasIntegerWidths: false,
}

function tableOf(text: string, facts = mariadb): MysqlTable {
  const parsed = parseDdl(text, { ...facts, hasAnsiQuotes: false, hasNoBackslashEscapes: false })
  if (parsed.kind !== 'create-table') throw new Error(`no table: ${text}`)
  return createdTable({ schema: 's', table: parsed.name.table }, parsed, facts.serverCollation, facts)
}

interface Setup {
  readonly facts?: ServerFacts
  /** As known where reading begins. */
  readonly known?: readonly string[]
  /** As the database has them now. */
  readonly now?: readonly string[]
  readonly isSelected?: (name: TableName) => boolean
}

function track({ facts = mariadb, known = [], now = [], isSelected = () => true }: Setup = {}) {
  const warnings: string[] = []
  const asked: string[] = []
  const current = now.map((text) => tableOf(text, facts))
  // As they come back from where positions are kept.
  const kept: TableSchema[] = known.map((text) =>
    JSON.parse(JSON.stringify(toTableSchema(tableOf(text, facts)))),
  )
  const tracker = mysqlSchemaTracker({
    tables: { isSelected, schemas: () => kept },
    facts,
    readTables: async (names) => {
      asked.push(...names.map(({ table }) => table))
      return current.filter(({ table }) => names.some((name) => name.table === table))
    },
    schemaCollation: async () => undefined,
    warn: (code, message) => warnings.push(`${code} ${message}`),
  })
  const apply = (text: string, more: Partial<LoggedStatement> = {}) =>
    tracker.apply(
      {
        text,
        schema: 's',
        hasAnsiQuotes: false,
        hasNoBackslashEscapes: false,
        serverCollation: undefined,
        schemaCollation: undefined,
        errorCode: 0,
        taken: 0,
        ...more,
      },
      'log.000001:4',
    )
  const told = async (text: string, more: Partial<LoggedStatement> = {}) =>
    (await apply(text, more)).map((effect) =>
      effect.kind === 'truncate'
        ? `truncate ${effect.table.table}`
        : `${effect.operation} ${effect.before?.table ?? '-'} > ${effect.after?.table ?? '-'}`,
    )
  return { tracker, apply, told, warnings, asked, kept }
}

const shape = (schema: TableSchema | undefined) =>
  schema?.columns.map(({ name, type }) => `${name} ${type.native}`)

describe('statements of a log', () => {
  it.each<[string, Partial<LoggedStatement>, string[] | undefined]>([
    ['CREATE TABLE t (a int, `b``c` char(3)) /* x */', {}, ['a int(11)', 'b`c char(3)']],
    ['CREATE TABLE "t" ("a" int, b enum(\'x"y\'))', { hasAnsiQuotes: true }, ['a int(11)', "b enum('x\"y')"]],
    ['CREATE TABLE t (a enum("x\\", "y"))', { hasNoBackslashEscapes: true }, ["a enum('x\\\\','y')"]],
    [
      'CREATE TABLE t (a int /*!50000 unsigned */ /*!80000 , nope int */ /*M!100100 not null */)',
      {},
      ['a int(10) unsigned'],
    ],
    [
      'CREATE TABLE t (a int) /*!50100 PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (3)) */',
      {},
      ['a int(11)'],
    ],
    ['-- why\n# so\ncreate /* x */ table t(a int comment "b int, c", d date)', {}, ['a int(11)', 'd date']],
    [
      'CREATE TABLE t (a int default (1 + (2)), b varchar(3) default "x,)", c int check (c > 0), d int)',
      {},
      ['a int(11)', 'b varchar(3)', 'c int(11)', 'd int(11)'],
    ],
    [
      'CREATE TABLE t (a int, foreign key (a) references x (y) on delete cascade, b int references x(y) on update set null)',
      {},
      ['a int(11)', 'b int(11)'],
    ],
    ['SET STATEMENT max_statement_time=1 FOR CREATE TABLE t (a int)', {}, ['a int(11)']],
    ['CREATE TEMPORARY TABLE t (a int)', {}, undefined],
    ['CREATE VIEW t AS SELECT 1', {}, undefined],
    ["GRANT ALL ON t TO 'a'@'b'", {}, undefined],
    ['CREATE TRIGGER t AFTER INSERT ON x FOR EACH ROW BEGIN CREATE TABLE t (a int); END', {}, undefined],
  ])('%s', async (text, more, expected) => {
    const [effect] = await track().apply(text, more)
    expect(effect?.kind === 'schema' ? shape(effect.after) : undefined).toEqual(expected)
  })

  it('of MySQL have no display widths but where they mean something', async () => {
    const [effect] = await track({ facts: mysql }).apply(
      'CREATE TABLE t (a int(9), b tinyint(1), c int(5) zerofill, d year(4), j json, u int8 unsigned)',
    )
    expect(effect?.kind === 'schema' ? shape(effect.after) : []).toEqual([
      'a int',
      'b tinyint(1)',
      'c int(5) unsigned zerofill',
      'd year',
      'j json',
      'u bigint unsigned',
    ])
  })

  it('swap tables by their names', async () => {
    const { told, apply } = track({ known: ['CREATE TABLE a (x int)', 'CREATE TABLE b (y int)'] })
    expect(await told('RENAME TABLE a TO t, b TO a, t TO b')).toEqual([
      'rename-table a > t',
      'rename-table b > a',
      'rename-table t > b',
    ])
    const [effect] = await apply('ALTER TABLE a ADD z int')
    expect(effect?.kind === 'schema' ? shape(effect.after) : []).toEqual(['y int(11)', 'z int(11)'])
  })

  it('bring tables that were not selected into selected ones', async () => {
    const { told, asked } = track({
      known: ['CREATE TABLE orders (id int)'],
      isSelected: ({ table }) => table === 'orders',
    })
    expect(await told('CREATE TABLE _orders_new LIKE orders')).toEqual([])
    expect(await told('ALTER TABLE _orders_new ADD total int')).toEqual([])
    expect(await told('RENAME TABLE orders TO _orders_old, _orders_new TO orders')).toEqual([
      'rename-table orders > _orders_old',
      'rename-table _orders_new > orders',
    ])
    expect(asked).toEqual([])
  })

  it('are told by kind', async () => {
    const { told } = track({ known: ['CREATE TABLE t (a int primary key, b int, c varchar(9))'] })
    expect(await told('ALTER TABLE t ADD d int, ADD e int AFTER a')).toEqual(['add-column t > t'])
    expect(await told('ALTER TABLE t RENAME COLUMN d TO f')).toEqual(['rename-column t > t'])
    expect(await told('ALTER TABLE t MODIFY c varchar(20)')).toEqual(['column-type-change t > t'])
    expect(await told('ALTER TABLE t DROP f')).toEqual(['drop-column t > t'])
    expect(await told('ALTER TABLE t MODIFY c varchar(20) FIRST')).toEqual(['change-columns t > t'])
    expect(await told('ALTER TABLE t DROP PRIMARY KEY')).toEqual(['change-columns t > t'])
    expect(await told('ALTER TABLE t ADD g int, DROP b')).toEqual(['change-columns t > t'])
    expect(await told('ALTER TABLE t ADD INDEX (c), COMMENT = "x", ENGINE = InnoDB')).toEqual([])
    expect(await told('ALTER TABLE t DROP e, RENAME TO u')).toEqual([
      'drop-column t > t',
      'rename-table t > u',
    ])
    expect(await told('TRUNCATE u')).toEqual(['truncate u'])
    expect(await told('DROP TABLE u, nothing')).toEqual(['drop-table u > -'])
  })

  it('that were taken in part before a restart are finished', async () => {
    // Told twice from the start, and from behind each of their effects: the rest is the same.
    const statements: readonly [string, readonly string[]][] = [
      ['RENAME TABLE a TO t, b TO a, t TO b', ['a', 'b']],
      ['DROP TABLE a, b', ['a', 'b']],
      ['DROP DATABASE s', ['a', 'b']],
      ['ALTER TABLE a ADD z int, RENAME TO c', ['a', 'b']],
      ['CREATE OR REPLACE TABLE a (q int)', ['a', 'b']],
    ]
    for (const [text, tables] of statements) {
      const whole = track({ known: tables.map((name) => `CREATE TABLE ${name} (${name}1 int)`) })
      const all = await whole.apply(text)
      expect(all.length).toBeGreaterThan(1)
      const schemas = new Map(whole.kept.map((schema) => [schema.table, schema]))
      for (const [taken, effect] of all.entries()) {
        const again = mysqlSchemaTracker({
          tables: { isSelected: () => true, schemas: () => [...schemas.values()] },
          facts: mariadb,
          readTables: async () => [],
          schemaCollation: async () => undefined,
          warn: () => {},
        })
        const rest = await again.apply({ ...plain, text, taken }, 'here')
        expect(rest.length, `${text} after ${taken}`).toBe(all.length)
        expect(rest.slice(taken), `${text} after ${taken}`).toEqual(all.slice(taken))
        if (effect.kind !== 'schema') continue
        if (effect.before !== undefined) schemas.delete(effect.before.table)
        if (effect.after !== undefined) schemas.set(effect.after.table, effect.after)
      }
    }
  })

  it('that change rows of a selected table are refused: the log must have rows', async () => {
    const { apply } = track({ isSelected: ({ table }) => table === 'orders' })
    for (const text of [
      'INSERT INTO orders VALUES (1)',
      'insert ignore into s.orders (a) select 1',
      'UPDATE `orders` SET a = 1',
      'UPDATE x JOIN orders o ON x.a = o.a SET o.b = 1',
      'DELETE FROM orders WHERE a = 1',
      'DELETE x FROM x, orders',
      'REPLACE orders VALUES (2)',
      'LOAD DATA INFILE "x" INTO TABLE orders',
    ]) {
      await expect(apply(text), text).rejects.toMatchObject({
        code: 'CDC_PREREQUISITE',
        message: expect.stringContaining("binlog_format = 'ROW'"),
      })
    }
    expect(await apply('INSERT INTO other VALUES (1)')).toEqual([])
  })

  it('that empty a table of memory after a restart of the server are a truncate', async () => {
    const { told } = track({ known: ['CREATE TABLE t (a int)'] })
    expect(await told('DELETE FROM `s`.`t`')).toEqual(['truncate t'])
    expect(await told('TRUNCATE TABLE `s`.`t` /* generated by server */')).toEqual(['truncate t'])
  })

  it('by which rows come and go unlogged are warned of', async () => {
    const { apply, warnings } = track({ known: ['CREATE TABLE t (a int)'] })
    await apply('ALTER TABLE t TRUNCATE PARTITION p1')
    await apply('ALTER TABLE x EXCHANGE PARTITION p WITH TABLE t')
    expect(warnings.map((text) => text.slice(0, 60))).toEqual([
      'CDC_ROWS_UNLOGGED TRUNCATE PARTITION on s.t at log.000001:4:',
      'CDC_ROWS_UNLOGGED EXCHANGE PARTITION on s.x at log.000001:4:',
      'CDC_ROWS_UNLOGGED EXCHANGE PARTITION on s.t at log.000001:4:',
    ])
  })

  it('that call a function are warned of once each, since nobody knows what it changed', async () => {
    const { apply, warnings } = track({ known: ['CREATE TABLE t (a int)'] })
    for (const text of ['SELECT `s`.`f`(1)', 'SELECT `s`.`f`(2)', 'SELECT `s`.`g`(1)']) {
      expect(await apply(text)).toEqual([])
    }
    expect(warnings.map((text) => text.slice(0, 68))).toEqual([
      'CDC_ROWS_UNLOGGED The log has SELECT `s`.`f`(...) at log.000001:4 as',
      'CDC_ROWS_UNLOGGED The log has SELECT `s`.`g`(...) at log.000001:4 as',
    ])
  })

  it('of any text end', () => {
    for (const text of [
      '',
      '(',
      'CREATE TABLE t (',
      'CREATE TABLE t (a',
      "CREATE TABLE t (a enum('",
      'ALTER TABLE t ADD (a',
      'ALTER TABLE t CHARACTER',
      'ALTER TABLE t (((',
      'DROP',
      'RENAME TABLE',
      '/*!',
      'CREATE TABLE t (a int))))) , ,',
    ]) {
      expect(
        parseDdl(text, { ...mariadb, hasAnsiQuotes: false, hasNoBackslashEscapes: false })
          .kind satisfies DdlStatement['kind'],
      ).toBeTypeOf('string')
    }
  })
})

describe('what the log says of a table', () => {
  const text = 'CREATE TABLE t (id int primary key, name varchar(9), j json)'

  it('that is known as the log has it gives the known schema, the same object each time', async () => {
    const { tracker, kept } = track({ known: [text] })
    const logged = loggedOf(false)
    const { schema, effects } = await tracker.resolve(logged, 'here')
    expect(schema).toBe(kept[0])
    expect(effects).toEqual([])
    expect((await tracker.resolve(logged, 'here')).schema).toBe(schema)
  })

  it('goes before what is known where it is complete, and keeps what only is known', async () => {
    const { tracker } = track({ known: ['CREATE TABLE t (id int primary key, title varchar(9), j json)'] })
    const { schema, effects } = await tracker.resolve(loggedOf(true), 'here')
    expect(schema?.columns.map(({ name, type }) => `${name} ${type.kind}`)).toEqual([
      'id integer',
      'name text',
      'j json',
    ])
    expect(schema?.key).toEqual([0])
    expect(effects.map((effect) => effect.kind === 'schema' && effect.operation)).toEqual(['change-columns'])
  })

  it('that is not known is asked of the database, and taken where it fits', async () => {
    const { tracker, asked } = track({ now: [text] })
    const { schema, effects } = await tracker.resolve(loggedOf(false), 'here')
    expect(shape(schema)).toEqual(['id int(11)', 'name varchar(9)', 'j longtext'])
    expect(asked).toEqual(['t'])
    expect(effects.map((effect) => effect.kind === 'schema' && effect.operation)).toEqual(['create-table'])
  })

  it.each([
    [
      'a column more',
      'CREATE TABLE t (id int primary key, name varchar(9), j json, x int)',
      'the log has 3 columns, known are 4',
    ],
    [
      'another type',
      'CREATE TABLE t (id bigint primary key, name varchar(9), j json)',
      'column 1 (id bigint(20)) has a type of the log that is no bigint',
    ],
    [
      'another length',
      'CREATE TABLE t (id int primary key, name varchar(8), j json)',
      'column 2 (name varchar(8)) has the size 36 in the log, known is 32',
    ],
  ])('that fits neither what is known nor the database stops the reader (%s)', async (_, other, reason) => {
    const { tracker } = track({ known: [other], now: [other] })
    const failure = tracker.resolve(loggedOf(false), 'log.000003:77')
    await expect(failure).rejects.toMatchObject({ code: 'CDC_SCHEMA_UNKNOWN' })
    await expect(failure).rejects.toThrow(reason)
    await expect(failure).rejects.toThrow(
      /s\.t at log\.000003:77.*binlog_row_metadata = 'FULL'.*load the table again/,
    )
  })
})

const plain = {
  schema: 's',
  hasAnsiQuotes: false,
  hasNoBackslashEscapes: false,
  serverCollation: undefined,
  schemaCollation: undefined,
  errorCode: 0,
}

/** As `CREATE TABLE t (id int primary key, name varchar(9), j json)` of a MariaDB. */
function loggedOf(isComplete: boolean): LoggedTable {
  const column = (
    name: string,
    code: number,
    metadata: number,
    more: Partial<LoggedColumn>,
  ): LoggedColumn => ({
    code,
    metadata,
    isNullable: name !== 'id',
    name: isComplete ? name : undefined,
    isUnsigned: undefined,
    collation: undefined,
    labels: undefined,
    geometryType: undefined,
    isVisible: undefined,
    ...(isComplete ? more : {}),
  })
  return {
    schema: 's',
    table: 't',
    key: isComplete ? [0] : undefined,
    isComplete,
    columns: [
      column('id', columnCode.long, 0, { isUnsigned: false }),
      column('name', columnCode.varchar, 36, { collation: 45 }),
      column('j', columnCode.blob, 4, { collation: 45 }),
    ],
  }
}
