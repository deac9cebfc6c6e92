/** Random statements about tables, as a server might log them: most run, some are refused by the server. */
import type { Random } from '@millrace/values'

export interface RandomDdl {
  next(): string
}

/** Statements over the schemas `one` (the session's) and `two`. */
export function randomDdl(random: Random): RandomDdl {
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)]!
  const chance = (share: number) => random.next() < share
  const table = () => {
    const name = pick(['t', 'u', '`v`', '`odd ``name`', 'T2'])
    return chance(0.2) ? `${pick(['one', 'two', '`two`'])}.${name}` : name
  }
  const column = () => pick(['a', 'b', 'c', 'd', 'e', '`f g`', 'h', 'J', 'k', '`select`', 'ä'])
  const keyName = () => pick(['k1', 'k2', 'a', 'b', '`k 3`'])
  // Not ucs2: made binary and then text again, labels of its enums become the bytes that they had.
  const charset = () => pick(['latin1', 'utf8mb4', 'utf8', 'utf8mb3', 'koi8r', 'ascii', 'binary', 'cp1251'])
  const collation = () =>
    pick(['utf8mb4_bin', 'latin1_german1_ci', 'utf8mb4_unicode_ci', 'uca1400_ai_ci', 'utf8_general_ci'])
  const charsetClause = () =>
    pick([
      '',
      '',
      '',
      ` character set ${charset()}`,
      ` charset ${charset()}`,
      ` collate ${collation()}`,
      ' character set latin1 collate latin1_bin',
      ' binary',
      ' ascii',
    ])
  const numeric = () =>
    pick([
      'tinyint',
      'bool',
      'INT1',
      'smallint(3)',
      'mediumint',
      'int',
      'integer',
      'int(7)',
      'bigint',
      'int8',
      'middleint',
      'decimal',
      'dec(7)',
      'numeric(12,4)',
      'fixed',
      'float',
      'float(20)',
      'float(30)',
      'float(7,3)',
      'double',
      'double precision',
      'real(9,2)',
    ]) + pick(['', '', '', ' unsigned', ' zerofill', ' signed', ' unsigned zerofill'])
  const text = () =>
    pick([
      'char',
      'char(5)',
      'character(9)',
      'varchar(20)',
      'character varying(7)',
      'char varying(3)',
      'varchar(20000)',
      'tinytext',
      'text',
      'text(100)',
      'text(20000)',
      'text(60000)',
      'mediumtext',
      'longtext',
      "enum('x','y''z','w,v')",
      "enum('a ', 'b\\\\c','y')",
      "set('p','q','r''s')",
      'long',
      'long varchar',
      'varchar(7) unicode',
    ]) + charsetClause()
  const other = () =>
    pick([
      'bit',
      'bit(9)',
      'year',
      'date',
      'time',
      'time(3)',
      'datetime',
      'datetime(6)',
      'datetime(0)',
      'timestamp null',
      'timestamp(2) null default null',
      'timestamp default current_timestamp on update current_timestamp',
      'json',
      'blob',
      'blob(10)',
      'blob(300)',
      'tinyblob',
      'longblob',
      'long varbinary',
      'binary',
      'binary(16)',
      'varbinary(99)',
      'geometry',
      'point',
      'geometrycollection',
      'uuid',
      'inet6',
      'inet4',
      'nchar(3)',
      'national varchar(4)',
      'nvarchar(5)',
      'char byte',
      'varchar(30) compressed',
      'longtext check (json_valid(`e`))',
      "enum('ü','я') charset utf8mb4",
    ])
  const type = () => pick([numeric, numeric, text, text, other])()
  const attributes = () =>
    pick([
      '',
      '',
      '',
      ' not null',
      ' null',
      ' default null',
      " comment 'x, y (z'",
      " not null comment 'it''s'",
      ' unique',
      ' primary key',
      ' not null unique key',
      ' invisible',
      ' /* why */',
      ' /*!50100 not null */',
      ' /*!80000 garbage here */',
      ' references nowhere (x) on delete set null',
      ' check (1 > 0)',
    ])
  const definition = (name: string) =>
    chance(0.06)
      ? `${name} int ${pick(['as (1 + 1)', 'generated always as (2) virtual', 'as (3) stored', 'as (4) persistent'])}`
      : chance(0.04)
        ? `${name} ${pick(['serial', 'int auto_increment primary key', 'bigint auto_increment unique'])}`
        : chance(0.06)
          ? `${name} int default ${pick(['1', '-2', '(1 + 2)', "'3'", '+4'])}${attributes()}`
          : `${name} ${type()}${attributes()}`
  const parts = () => {
    const names = [...new Set([column(), column()])]
    return `(${names.map((name) => name + pick(['', '', '', ' desc', '(3)'])).join(', ')})`
  }
  const key = () =>
    pick([
      () => `primary key ${parts()}`,
      () => `constraint pk primary key using btree ${parts()}`,
      () => `unique ${parts()}`,
      () => `unique key ${keyName()} ${parts()}`,
      () => `constraint ${keyName()} unique ${parts()} comment 'u'`,
      () => `key ${keyName()} ${parts()}`,
      () => `index ${parts()}`,
      () => 'check (a <> 7)',
      () => 'constraint c1 check (a <> 8)',
    ])()
  const tableOptions = () =>
    pick([
      '',
      '',
      ' engine=InnoDB',
      ` default charset=${charset()}`,
      ` charset ${charset()} comment='t, (x'`,
      ` engine InnoDB collate ${collation()}`,
      ' partition by key() partitions 2',
      ' row_format=dynamic, comment "select"',
      ' with system versioning',
    ])
  const place = () => pick(['', '', '', ' first', ` after ${column()}`])
  const action = () =>
    pick([
      () => `add ${definition(column())}${place()}`,
      () => `add column ${definition(column())}${place()}`,
      () => `add column if not exists ${definition(column())}`,
      () => `add (${definition(column())}, ${definition(column())})`,
      () => `add ${key()}`,
      () => `drop ${column()}`,
      () => `drop column if exists ${column()}`,
      () => `modify ${definition(column())}${place()}`,
      () => `modify column ${definition(column())}${place()}`,
      () => `change ${column()} ${definition(column())}${place()}`,
      () => `rename column ${column()} to ${column()}`,
      () => 'drop primary key',
      () => `drop key if exists ${keyName()}`,
      () => `rename index ${keyName()} to ${keyName()}`,
      () => `alter ${column()} set default 5`,
      () => `alter column ${column()} drop default`,
      () => `convert to character set ${charset()}`,
      () => `convert to charset utf8mb4 collate ${collation()}`,
      () => `default character set ${charset()}`,
      () => `collate = ${collation()}`,
      () => `rename to ${table()}`,
      () => 'engine = InnoDB',
      () => "comment 'drop column a'",
      () => 'force',
      () => 'algorithm=copy',
      () => 'order by a, b',
    ])()
  const list = (make: () => string, max: number) =>
    Array.from({ length: 1 + random.below(max) }, make).join(pick([', ', ',', '\n,\t']))
  const create = () => {
    const names = [...new Set(Array.from({ length: 1 + random.below(6) }, column))]
    const items = [...names.map(definition), ...Array.from({ length: random.below(3) }, key)]
    const head = pick([
      'create table',
      'create table if not exists',
      'create or replace table',
      '/* c */ CREATE TABLE',
    ])
    return `${head} ${table()} (${items.join(', ')})${tableOptions()}`
  }
  const alter = () => `${pick(['alter', 'ALTER'])} table ${table()} ${list(action, 3)}`
  const kinds: readonly (() => string)[] = [
    ...Array(7).fill(create),
    ...Array(30).fill(alter),
    () => `create table ${table()} like ${table()}`,
    () => `create or replace table ${table()} (like ${table()})`,
    () => `rename table ${table()} to ${table()}`,
    () => 'rename table t to one.x, u to t, one.x to u',
    () => `rename table t to two.moved, two.moved to t`,
    () => `drop table if exists ${table()}, ${table()}`,
    () => `drop table ${table()} /* generated by server */`,
    () => `truncate ${pick(['', 'table '])}${table()}`,
    () => `create ${pick(['', 'unique '])}index ${keyName()} on ${table()} ${parts()}`,
    () => `drop index ${keyName()} on ${table()}`,
    () => `alter database ${pick(['one', 'two'])} character set ${charset()}`,
    () => `alter database two collate ${collation()}`,
    () => 'drop database two',
    () => `create database if not exists two${pick(['', ' charset latin1', ' collate utf8mb4_bin'])}`,
    () => 'create or replace view w as select 1 as t',
    () => 'create temporary table if not exists t (only_mine int)',
    () => 'drop temporary table if exists t',
    () => '-- nothing\nset @a = 1',
  ]
  return { next: () => pick(kinds)() }
}
