/**
 * CREATE TABLE of Flink SQL:
 *
 *   CREATE [TEMPORARY] TABLE [IF NOT EXISTS] t (elements) [COMMENT 'c'] [PARTITIONED BY (a, ...)] [WITH ('k' = 'v', ...)]
 *     [LIKE s [(INCLUDING | EXCLUDING | OVERWRITING what ...)]] [AS query]
 *   element: c type [NOT NULL] [PRIMARY KEY NOT ENFORCED] | c type METADATA [FROM 'key'] [VIRTUAL] | c AS expression
 *     | WATERMARK FOR c AS expression | [CONSTRAINT n] PRIMARY KEY (a, ...) NOT ENFORCED; columns may end in COMMENT 'c'
 */
import { codes } from '../diagnostic/codes.ts'
import type { QueryParser } from './parse-query.ts'
import { parseType } from './parse-type.ts'
import type { TokenCursor } from './token-cursor.ts'
import type { CreateTable, Identifier, Option, TableColumn } from './tree.ts'

type Elements = Pick<CreateTable, 'columns' | 'watermark' | 'primaryKey'>

/** A name, possibly behind a catalog's and a database's, of which there is one each. */
export function parseObjectName(cursor: TokenCursor): Identifier {
  let name = cursor.expectName('a name')
  while (cursor.acceptSign('.')) name = cursor.expectName('a name')
  return name
}

/** IF NOT EXISTS */
export function acceptIfNotExists(cursor: TokenCursor): boolean {
  return cursor.acceptWords('IF', 'NOT', 'EXISTS')
}

/** ('key' = 'value', ...) */
export function parseTableOptions(cursor: TokenCursor): Option[] {
  if (cursor.atSign('(') && cursor.atSign(')', 1)) {
    cursor.next()
    cursor.next()
    return []
  }
  return cursor.parenthesized(() => {
    const start = cursor.peek().start
    const name = cursor.expectString("an option in quotes, for example 'connector' = 'kafka',")
    cursor.expectSign('=')
    const value = cursor.expectString("the option's value in quotes")
    return { name, value, span: cursor.spanFrom(start) }
  })
}

/** Behind TABLE. */
export function parseCreateTable(
  cursor: TokenCursor,
  queries: QueryParser,
  head: { readonly start: number; readonly temporary: boolean },
): CreateTable {
  const ifNotExists = acceptIfNotExists(cursor)
  const name = parseObjectName(cursor)
  const elements: Elements = cursor.atSign('(')
    ? parseElements(cursor, queries)
    : { columns: [], watermark: undefined, primaryKey: undefined }
  const comment = parseComment(cursor)
  if (cursor.atWords('DISTRIBUTED')) {
    cursor.fail(
      codes.notSupported,
      cursor.peek(),
      'DISTRIBUTED is not supported: tables have no buckets. Leave it out.',
    )
  }
  const partitionedBy = cursor.acceptWords('PARTITIONED', 'BY')
    ? cursor.parenthesized(() => cursor.expectName('a column'))
    : []
  const options = cursor.acceptWords('WITH') ? parseTableOptions(cursor) : []
  const like = cursor.acceptWords('LIKE') ? parseLike(cursor) : undefined
  const query = cursor.acceptWords('AS') ? queries.parse() : undefined
  if (elements.columns.length === 0 && like === undefined && query === undefined)
    cursor.failExpected(['"("', 'LIKE', 'AS'])
  return {
    kind: 'create-table',
    temporary: head.temporary,
    ifNotExists,
    name,
    ...elements,
    comment,
    partitionedBy,
    options,
    like,
    query,
    span: cursor.spanFrom(head.start),
  }
}

function parseComment(cursor: TokenCursor): string | undefined {
  return cursor.acceptWords('COMMENT') ? cursor.expectString('the comment in quotes') : undefined
}

function parseElements(cursor: TokenCursor, queries: QueryParser): Elements {
  const columns: TableColumn[] = []
  let watermark: Elements['watermark']
  let primaryKey: Elements['primaryKey']
  cursor.parenthesized(() => {
    const token = cursor.peek()
    if (cursor.acceptWords('WATERMARK')) {
      if (watermark !== undefined)
        cursor.fail(codes.duplicateName, token, 'a table has at most one WATERMARK. Keep one of them.')
      watermark = parseWatermark(cursor, queries, token.start)
    } else if (
      cursor.atWords('PRIMARY', 'KEY') ||
      (cursor.atWords('CONSTRAINT') && cursor.atWordAt(2, 'PRIMARY'))
    ) {
      if (primaryKey !== undefined)
        cursor.fail(codes.duplicateName, token, 'a table has at most one PRIMARY KEY. Keep one of them.')
      if (cursor.acceptWords('CONSTRAINT')) cursor.expectName('the name of the constraint')
      cursor.expectWords('PRIMARY', 'KEY')
      primaryKey = cursor.parenthesized(() => cursor.expectName('a column'))
      expectNotEnforced(cursor)
    } else if (cursor.atWords('UNIQUE') && cursor.atSign('(', 1)) {
      cursor.fail(
        codes.notSupported,
        token,
        'UNIQUE is not supported. Declare PRIMARY KEY (...) NOT ENFORCED.',
      )
    } else columns.push(parseColumn(cursor, queries))
    if (!cursor.atSign(',') && !cursor.atSign(')'))
      cursor.failExpected(['","', '")"', 'NOT NULL', 'METADATA'])
  })
  return { columns, watermark, primaryKey }
}

/** Behind WATERMARK: FOR column AS expression */
function parseWatermark(
  cursor: TokenCursor,
  queries: QueryParser,
  start: number,
): NonNullable<Elements['watermark']> {
  cursor.expectWords('FOR')
  const column = [cursor.expectName('a column')]
  while (cursor.acceptSign('.')) column.push(cursor.expectName('a name'))
  cursor.expectWords('AS')
  return { column, expression: queries.expression(), span: cursor.spanFrom(start) }
}

function expectNotEnforced(cursor: TokenCursor): void {
  if (cursor.acceptWords('NOT', 'ENFORCED')) return
  cursor.fail(
    codes.notSupported,
    cursor.atWords('ENFORCED') ? cursor.peek() : cursor.previous,
    'keys are not checked when rows are written. Write NOT ENFORCED behind PRIMARY KEY.',
  )
}

function parseColumn(cursor: TokenCursor, queries: QueryParser): TableColumn {
  const start = cursor.peek().start
  const name = cursor.expectName('a column name')
  if (cursor.acceptWords('AS')) {
    const expression = queries.expression()
    const comment = columnComment(cursor)
    return { kind: 'computed', name, expression, ...comment, span: cursor.spanFrom(start) }
  }
  let type = parseType(cursor)
  let notNull = false
  let primaryKey = false
  for (;;) {
    if (cursor.acceptWords('NOT', 'NULL')) notNull = true
    else if (cursor.acceptWords('PRIMARY', 'KEY')) {
      primaryKey = true
      expectNotEnforced(cursor)
    } else if (!cursor.acceptWords('NULL')) break
  }
  if (!cursor.acceptWords('METADATA')) {
    const comment = columnComment(cursor)
    return { kind: 'physical', name, type, notNull, primaryKey, ...comment, span: cursor.spanFrom(start) }
  }
  if (notNull) type = { ...type, notNull: true, span: type.span }
  const key = cursor.acceptWords('FROM') ? cursor.expectString("the connector's key in quotes") : undefined
  const virtual = cursor.acceptWords('VIRTUAL')
  const comment = columnComment(cursor)
  return { kind: 'metadata', name, type, key, virtual, ...comment, span: cursor.spanFrom(start) }
}

function columnComment(cursor: TokenCursor): { comment?: string } {
  const comment = parseComment(cursor)
  return comment === undefined ? {} : { comment }
}

type Like = NonNullable<CreateTable['like']>

/** Behind LIKE: table [(INCLUDING ALL OVERWRITING OPTIONS ...)] */
function parseLike(cursor: TokenCursor): Like {
  const source = parseObjectName(cursor)
  const rules: Like['rules'][number][] = []
  if (cursor.acceptSign('(')) {
    while (!cursor.acceptSign(')')) {
      const act =
        cursor.acceptOneOf('INCLUDING', 'EXCLUDING', 'OVERWRITING') ??
        cursor.failExpected(['INCLUDING', 'EXCLUDING', 'OVERWRITING', '")"'])
      const what = cursor.acceptOneOf(...likeFeatures) ?? cursor.failExpected(likeFeatures)
      rules.push({ act, what })
    }
  }
  return { source, rules }
}

const likeFeatures = [
  'ALL',
  'CONSTRAINTS',
  'DISTRIBUTION',
  'GENERATED',
  'METADATA',
  'OPTIONS',
  'PARTITIONS',
  'WATERMARKS',
] as const
