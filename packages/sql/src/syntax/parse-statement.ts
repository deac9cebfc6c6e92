/**
 * Statements of the KDA dialect: CREATE STREAM, PUMP, VIEW, FUNCTION; DROP; ALTER PUMP; INSERT; SELECT. Those of Flink SQL are
 * in parse-flink-statement.ts.
 */
import { codes } from '../diagnostic/codes.ts'
import { parseFlinkStatement } from './parse-flink-statement.ts'
import type { QueryParser } from './parse-query.ts'
import { parseType } from './parse-type.ts'
import type { TokenCursor } from './token-cursor.ts'
import type {
  ColumnDeclaration,
  CreateFunction,
  DropStatement,
  Identifier,
  InsertStatement,
  Option,
  Statement,
} from './tree.ts'

const starters = ['CREATE', 'DROP', 'ALTER', 'INSERT', 'SELECT']

export function parseStatement(cursor: TokenCursor, queries: QueryParser): Statement {
  if (cursor.dialect.name === 'flink') return parseFlinkStatement(cursor, queries)
  const start = cursor.peek().start
  refuseFlinkStatement(cursor)
  if (cursor.acceptWords('CREATE')) return parseCreate(cursor, queries, start)
  if (cursor.acceptWords('DROP')) {
    const what: DropStatement['what'] =
      cursor.acceptOneOf('STREAM', 'PUMP', 'VIEW', 'FUNCTION') ??
      cursor.failExpected(['STREAM', 'PUMP', 'VIEW', 'FUNCTION'])
    const name = objectName(cursor)
    cursor.acceptOneOf('CASCADE', 'RESTRICT')
    return { kind: 'drop', what, name, span: cursor.spanFrom(start) }
  }
  if (cursor.acceptWords('ALTER')) {
    cursor.expectWords('PUMP')
    let name = cursor.expectName('a name')
    while (cursor.atSign('.') && !cursor.atSign('*', 1)) {
      cursor.next()
      name = cursor.expectName('a name')
    }
    if (cursor.acceptSign('.')) {
      cursor.expectSign('*')
      const act = cursor.acceptOneOf('START', 'STOP') ?? cursor.failExpected(['START', 'STOP'])
      return { kind: 'alter-pump', name, action: act, all: true, span: cursor.spanFrom(start) }
    }
    const action = cursor.acceptOneOf('START', 'STOP') ?? cursor.failExpected(['START', 'STOP'])
    return { kind: 'alter-pump', name, action, span: cursor.spanFrom(start) }
  }
  if (cursor.atWords('INSERT')) return parseInsert(cursor, queries)
  if (cursor.atQuery() || cursor.atSign('(')) {
    const query = queries.parse()
    return { kind: 'query', query, span: query.span }
  }
  return cursor.failExpected(starters)
}

/** Statements that only the other dialect has, with what this one has instead. */
const flinkStatements: readonly (readonly [words: readonly string[], instead: string])[] = [
  [['CREATE', 'TABLE'], 'Write CREATE STREAM; reference tables are configured outside the program.'],
  [['CREATE', 'TEMPORARY'], 'Write CREATE OR REPLACE STREAM or VIEW.'],
  [['DROP', 'TABLE'], 'Write DROP STREAM.'],
  [['ALTER', 'TABLE'], 'Write CREATE OR REPLACE STREAM.'],
  [['INSERT', 'OVERWRITE'], 'Write CREATE PUMP ... AS INSERT INTO.'],
  [['EXECUTE', 'STATEMENT'], 'Write one pump for each INSERT.'],
  [['BEGIN', 'STATEMENT'], 'Write one pump for each INSERT.'],
  [['EXPLAIN'], 'Ask for the plan on the command line.'],
  [['SHOW'], 'Ask for the plan on the command line.'],
  [['DESCRIBE'], 'Ask for the plan on the command line.'],
  [['SET'], 'Settings are given outside the program.'],
  [['RESET'], 'Settings are given outside the program.'],
  [['USE'], 'There is one schema; leave the statement out.'],
]

function refuseFlinkStatement(cursor: TokenCursor): void {
  for (const [words, instead] of flinkStatements)
    if (cursor.atWords(...words)) cursor.onlyIn('flink', cursor.peek(), words.join(' '), instead)
}

function parseCreate(cursor: TokenCursor, queries: QueryParser, start: number): Statement {
  const replace = cursor.acceptWords('OR')
  if (replace) cursor.expectWords('REPLACE')
  const what =
    cursor.acceptOneOf('STREAM', 'PUMP', 'VIEW', 'FUNCTION') ??
    cursor.failExpected(['STREAM', 'PUMP', 'VIEW', 'FUNCTION'])
  const name = objectName(cursor)
  switch (what) {
    case 'STREAM': {
      if (cursor.atWords('AS')) {
        cursor.fail(
          codes.notSupported,
          cursor.peek(),
          'CREATE STREAM ... AS is not supported. Declare the columns of the stream and fill it with a pump.',
        )
      }
      const columns = cursor.parenthesized(() => parseColumn(cursor))
      const description = parseDescription(cursor)
      const options = parseOptions(cursor)
      return {
        kind: 'create-stream',
        replace,
        name,
        columns,
        description,
        options,
        span: cursor.spanFrom(start),
      }
    }
    case 'PUMP': {
      let stopped = false
      let description: string | undefined
      let options: Option[] = []
      while (!cursor.atWords('AS')) {
        const state = cursor.acceptOneOf('STOPPED', 'STARTED')
        if (state !== undefined) stopped = state === 'STOPPED'
        else if (cursor.atWords('DESCRIPTION')) description = parseDescription(cursor)
        else if (cursor.atWords('OPTIONS')) options = parseOptions(cursor)
        else cursor.failExpected(['AS', 'STOPPED', 'STARTED', 'DESCRIPTION', 'OPTIONS'])
      }
      cursor.next()
      const insert = parseInsert(cursor, queries)
      return {
        kind: 'create-pump',
        replace,
        name,
        stopped,
        description,
        options,
        insert,
        span: cursor.spanFrom(start),
      }
    }
    case 'VIEW': {
      const columns = cursor.atSign('(')
        ? cursor.parenthesized(() => cursor.expectName('a column name'))
        : undefined
      const description = parseDescription(cursor)
      cursor.expectWords('AS')
      const query = queries.parse()
      return { kind: 'create-view', replace, name, columns, description, query, span: cursor.spanFrom(start) }
    }
    case 'FUNCTION':
      return parseFunction(cursor, queries, { start, replace, name })
  }
}

/** A name, possibly behind a schema name, which the dialect has but gives no meaning to. */
function objectName(cursor: TokenCursor): Identifier {
  let name = cursor.expectName('a name')
  while (cursor.acceptSign('.')) name = cursor.expectName('a name')
  return name
}

function parseColumn(cursor: TokenCursor): ColumnDeclaration {
  const start = cursor.peek().start
  const name = cursor.expectName('a column name')
  const type = parseType(cursor)
  const notNull = cursor.acceptWords('NOT', 'NULL')
  if (!notNull) cursor.acceptWords('NULL')
  if (!cursor.atSign(',') && !cursor.atSign(')')) cursor.failExpected(['","', '")"', 'NOT NULL'])
  return { name, type, notNull, span: cursor.spanFrom(start) }
}

function parseDescription(cursor: TokenCursor): string | undefined {
  return cursor.acceptWords('DESCRIPTION') ? cursor.expectString('the description in quotes') : undefined
}

/** OPTIONS (key 'value', key = 'value', key number) */
function parseOptions(cursor: TokenCursor): Option[] {
  if (!cursor.acceptWords('OPTIONS')) return []
  return cursor.parenthesized(() => {
    const token = cursor.next()
    if (token.kind !== 'word' && token.kind !== 'name' && token.kind !== 'string')
      cursor.fail(codes.unexpectedToken, token, "an option's name is expected here.")
    cursor.acceptSign('=')
    const value = cursor.next()
    if (value.kind === 'sign' || value.kind === 'end')
      cursor.fail(
        codes.unexpectedToken,
        value,
        `the option ${token.text} needs a value, for example ${token.text} 'text'.`,
      )
    return { name: token.text, value: value.text, span: cursor.spanFrom(token.start) }
  })
}

function parseInsert(cursor: TokenCursor, queries: QueryParser): InsertStatement {
  const start = cursor.peek().start
  cursor.expectWords('INSERT')
  const expedited = cursor.acceptWords('EXPEDITED')
  cursor.expectWords('INTO')
  const target = objectName(cursor)
  const hasColumns = cursor.atSign('(') && cursor.atName(1)
  const columns = hasColumns ? cursor.parenthesized(() => cursor.expectName('a column name')) : undefined
  const query = queries.parse()
  return { kind: 'insert', expedited, target, columns, query, span: cursor.spanFrom(start) }
}

function parseFunction(
  cursor: TokenCursor,
  queries: QueryParser,
  head: { start: number; replace: boolean; name: Identifier },
): CreateFunction {
  cursor.expectSign('(')
  const parameters = cursor.atSign(')')
    ? []
    : cursor.list(() => ({ name: cursor.expectName('a parameter name'), type: parseType(cursor) }))
  cursor.expectSign(')')
  cursor.expectWords('RETURNS')
  const returns = parseType(cursor)
  let nullOnNull = false
  while (!cursor.acceptWords('RETURN')) {
    if (cursor.acceptWords('RETURNS', 'NULL', 'ON', 'NULL', 'INPUT')) nullOnNull = true
    else if (cursor.acceptWords('SPECIFIC')) objectName(cursor)
    else if (!skipCharacteristic(cursor))
      cursor.failExpected([
        'RETURN',
        'LANGUAGE SQL',
        'CONTAINS SQL',
        'RETURNS NULL ON NULL INPUT',
        'CALLED ON NULL INPUT',
      ])
  }
  const body = queries.expression()
  return {
    kind: 'create-function',
    replace: head.replace,
    name: head.name,
    parameters,
    returns,
    nullOnNull,
    body,
    span: cursor.spanFrom(head.start),
  }
}

/** Characteristics that change nothing here, because a body is one SQL expression. */
function skipCharacteristic(cursor: TokenCursor): boolean {
  return [
    ['LANGUAGE', 'SQL'],
    ['NOT', 'DETERMINISTIC'],
    ['DETERMINISTIC'],
    ['CONTAINS', 'SQL'],
    ['READS', 'SQL', 'DATA'],
    ['MODIFIES', 'SQL', 'DATA'],
    ['CALLED', 'ON', 'NULL', 'INPUT'],
  ].some((words) => cursor.acceptWords(...words))
}
