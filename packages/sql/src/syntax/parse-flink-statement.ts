/**
 * Statements of Flink SQL: CREATE TABLE, VIEW, FUNCTION; DROP; ALTER TABLE; INSERT; statement sets; EXPLAIN, SHOW, DESCRIBE;
 * SET, RESET, USE; queries.
 */
import { codes } from '../diagnostic/codes.ts'
import { parseHints } from './parse-hint.ts'
import type { QueryParser } from './parse-query.ts'
import { acceptIfNotExists, parseCreateTable, parseObjectName, parseTableOptions } from './parse-table.ts'
import type { TokenCursor } from './token-cursor.ts'
import type {
  AlterTable,
  CreateHostFunction,
  CreateView,
  DropStatement,
  ExplainStatement,
  InsertStatement,
  SetStatement,
  ShowStatement,
  Statement,
  StatementSet,
} from './tree.ts'

const starters = [
  ...['CREATE', 'DROP', 'ALTER', 'INSERT', 'SELECT', 'WITH', 'VALUES', 'EXECUTE', 'BEGIN', 'EXPLAIN', 'SHOW'],
  ...['DESCRIBE', 'SET', 'RESET', 'USE'],
]

export function parseFlinkStatement(cursor: TokenCursor, queries: QueryParser): Statement {
  const token = cursor.peek()
  const { start } = token
  if (token.kind === 'sign' && token.text === '(') return parseQueryStatement(queries)
  if (token.kind !== 'word') return cursor.failExpected(starters)
  switch (token.text) {
    case 'SELECT':
    case 'WITH':
    case 'VALUES':
      return parseQueryStatement(queries)
    case 'CREATE':
      return parseCreate(cursor, queries)
    case 'DROP':
      return parseDrop(cursor)
    case 'ALTER':
      return parseAlter(cursor)
    case 'INSERT':
      return parseInsert(cursor, queries)
    case 'EXECUTE':
    case 'BEGIN':
      return parseExecute(cursor, queries)
    case 'EXPLAIN':
      return parseExplain(cursor, queries)
    case 'SHOW':
      return parseShow(cursor)
    case 'DESCRIBE':
    case 'DESC': {
      cursor.next()
      if (cursor.atName(1)) cursor.acceptOneOf('EXTENDED', 'TABLE')
      cursor.acceptWords('TABLE')
      return { kind: 'describe', name: parseObjectName(cursor), span: cursor.spanFrom(start) }
    }
    case 'SET':
    case 'RESET':
      return parseSet(cursor)
    case 'USE': {
      cursor.next()
      if (cursor.atName(1)) cursor.acceptWords('CATALOG')
      const name = [cursor.expectName('the name of a database')]
      while (cursor.acceptSign('.')) name.push(cursor.expectName('a name'))
      return { kind: 'use', name, span: cursor.spanFrom(start) }
    }
    case 'UPDATE':
    case 'DELETE':
    case 'TRUNCATE':
    case 'CALL':
    case 'ANALYZE':
      return cursor.fail(
        codes.notSupported,
        token,
        `${token.text} is not supported: a program describes what flows from tables to tables. Use INSERT INTO ... SELECT.`,
      )
    default:
      return cursor.failExpected(starters)
  }
}

function parseQueryStatement(queries: QueryParser): Statement {
  const query = queries.parse()
  return { kind: 'query', query, span: query.span }
}

function parseCreate(cursor: TokenCursor, queries: QueryParser): Statement {
  const { start } = cursor.next()
  const replace = cursor.acceptWords('OR')
  if (replace) cursor.expectWords('REPLACE')
  const temporary = cursor.acceptWords('TEMPORARY')
  const system = temporary && cursor.acceptWords('SYSTEM')
  const token = cursor.peek()
  if (cursor.atWords('STREAM') || cursor.atWords('PUMP')) {
    const advice =
      token.text === 'PUMP' ? 'Write INSERT INTO ... SELECT.' : 'Write CREATE TABLE or CREATE VIEW.'
    cursor.onlyIn('kda', token, `CREATE ${token.text}`, advice)
  }
  if (['CATALOG', 'DATABASE', 'MODEL', 'CONNECTION'].includes(token.text) && token.kind === 'word') {
    cursor.fail(
      codes.notSupported,
      token,
      `CREATE ${token.text} is not supported: there is one catalog with one database. Leave the statement out.`,
    )
  }
  const what = system ? cursor.acceptOneOf('FUNCTION') : cursor.acceptOneOf('TABLE', 'VIEW', 'FUNCTION')
  if (replace && what !== undefined) {
    cursor.fail(
      codes.notSupported,
      token,
      `CREATE OR REPLACE ${what} is not supported in Flink SQL. Write DROP ${what} IF EXISTS before it.`,
    )
  }
  switch (what) {
    case 'TABLE':
      return parseCreateTable(cursor, queries, { start, temporary })
    case 'VIEW':
      return parseCreateView(cursor, queries, { start, temporary })
    case 'FUNCTION':
      return parseCreateFunction(cursor, { start, temporary })
    default:
      return cursor.failExpected(system ? ['FUNCTION'] : ['TABLE', 'VIEW', 'FUNCTION'])
  }
}

interface Head {
  readonly start: number
  readonly temporary: boolean
}

function parseCreateView(cursor: TokenCursor, queries: QueryParser, head: Head): CreateView {
  const ifNotExists = acceptIfNotExists(cursor)
  const name = parseObjectName(cursor)
  const columns = cursor.atSign('(')
    ? cursor.parenthesized(() => {
        const column = cursor.expectName('a column name')
        if (cursor.acceptWords('COMMENT')) cursor.expectString('the comment in quotes')
        return column
      })
    : undefined
  const description = cursor.acceptWords('COMMENT') ? cursor.expectString('the comment in quotes') : undefined
  cursor.expectWords('AS')
  const query = queries.parse()
  return {
    kind: 'create-view',
    replace: false,
    ifNotExists,
    temporary: head.temporary,
    name,
    columns,
    description,
    query,
    span: cursor.spanFrom(head.start),
  }
}

function parseCreateFunction(cursor: TokenCursor, head: Head): CreateHostFunction {
  const ifNotExists = acceptIfNotExists(cursor)
  const name = parseObjectName(cursor)
  if (cursor.atSign('('))
    cursor.onlyIn('kda', cursor.peek(), 'CREATE FUNCTION ... RETURN', "Write CREATE FUNCTION f AS 'id'.")
  cursor.expectWords('AS')
  const identifier = cursor.expectString('the identifier of the function in quotes')
  const language = cursor.acceptWords('LANGUAGE')
    ? (cursor.acceptOneOf('JAVA', 'SCALA', 'PYTHON', 'JAVASCRIPT', 'TYPESCRIPT', 'SQL') ??
      cursor.failExpected(['JAVA', 'SCALA', 'PYTHON', 'JAVASCRIPT', 'TYPESCRIPT']))
    : undefined
  if (cursor.atWords('USING')) {
    cursor.fail(
      codes.notSupported,
      cursor.peek(),
      'USING is not supported: functions are those that the host registers. Leave it out.',
    )
  }
  return {
    kind: 'create-host-function',
    temporary: head.temporary,
    ifNotExists,
    name,
    identifier,
    language,
    span: cursor.spanFrom(head.start),
  }
}

function parseDrop(cursor: TokenCursor): DropStatement {
  const { start } = cursor.next()
  const temporary = cursor.acceptWords('TEMPORARY')
  if (temporary) cursor.acceptWords('SYSTEM')
  const token = cursor.peek()
  if (cursor.atWords('STREAM') || cursor.atWords('PUMP'))
    cursor.onlyIn('kda', token, `DROP ${token.text}`, 'Write DROP TABLE or DROP VIEW.')
  const what =
    cursor.acceptOneOf('TABLE', 'VIEW', 'FUNCTION') ?? cursor.failExpected(['TABLE', 'VIEW', 'FUNCTION'])
  const ifExists = cursor.acceptWords('IF', 'EXISTS')
  const name = parseObjectName(cursor)
  const flags = { ...(temporary ? { temporary } : {}), ...(ifExists ? { ifExists } : {}) }
  return { kind: 'drop', what, name, ...flags, span: cursor.spanFrom(start) }
}

function parseAlter(cursor: TokenCursor): AlterTable {
  const { start } = cursor.next()
  if (cursor.atWords('PUMP'))
    cursor.onlyIn('kda', cursor.peek(), 'ALTER PUMP', 'Start and stop the program instead.')
  cursor.expectWords('TABLE')
  cursor.acceptWords('IF', 'EXISTS')
  const name = parseObjectName(cursor)
  const token = cursor.peek()
  let set: AlterTable['set'] = []
  let reset: AlterTable['reset'] = []
  let rename: AlterTable['rename']
  if (cursor.acceptWords('SET')) set = parseTableOptions(cursor)
  else if (cursor.acceptWords('RESET'))
    reset = cursor.parenthesized(() => cursor.expectString('an option in quotes'))
  else if (cursor.acceptWords('RENAME', 'TO')) rename = parseObjectName(cursor)
  else if (['ADD', 'MODIFY', 'DROP', 'RENAME'].includes(token.text) && token.kind === 'word') {
    cursor.fail(
      codes.notSupported,
      token,
      `ALTER TABLE ... ${token.text} is not supported. Write DROP TABLE and CREATE TABLE with the new columns.`,
    )
  } else cursor.failExpected(['SET', 'RESET', 'RENAME TO'])
  return { kind: 'alter-table', name, set, reset, rename, span: cursor.spanFrom(start) }
}

function parseInsert(cursor: TokenCursor, queries: QueryParser): InsertStatement {
  const start = cursor.peek().start
  cursor.expectWords('INSERT')
  if (cursor.atWords('EXPEDITED'))
    cursor.onlyIn('kda', cursor.peek(), 'INSERT EXPEDITED', 'Write INSERT INTO.')
  const overwrite = cursor.acceptWords('OVERWRITE')
  if (overwrite) cursor.acceptWords('INTO')
  else if (!cursor.acceptWords('INTO')) cursor.failExpected(['INTO', 'OVERWRITE'])
  const target = parseObjectName(cursor)
  const hints = parseHints(cursor)
  if (cursor.atWords('PARTITION')) {
    cursor.fail(
      codes.notSupported,
      cursor.peek(),
      'PARTITION (...) of INSERT is not supported. Select the values of the partition columns.',
    )
  }
  const hasColumns = cursor.atSign('(') && cursor.atName(1)
  const columns = hasColumns ? cursor.parenthesized(() => cursor.expectName('a column name')) : undefined
  const query = queries.parse()
  return {
    kind: 'insert',
    expedited: false,
    ...(overwrite ? { overwrite } : {}),
    target,
    ...hints,
    columns,
    query,
    span: cursor.spanFrom(start),
  }
}

/** EXECUTE STATEMENT SET BEGIN ... END; BEGIN STATEMENT SET; ... END; EXECUTE insert or query is the statement itself. */
function parseExecute(cursor: TokenCursor, queries: QueryParser): Statement {
  const { start } = cursor.peek()
  if (cursor.acceptWords('BEGIN')) {
    cursor.expectWords('STATEMENT', 'SET')
    cursor.expectSign(';')
    return parseSetBody(cursor, queries, start)
  }
  cursor.next()
  if (cursor.acceptWords('STATEMENT', 'SET')) {
    cursor.expectWords('BEGIN')
    return parseSetBody(cursor, queries, start)
  }
  if (cursor.atWords('INSERT')) return parseInsert(cursor, queries)
  if (cursor.atWords('SELECT')) return parseQueryStatement(queries)
  return cursor.failExpected(['STATEMENT SET', 'INSERT', 'SELECT'])
}

/** insert; insert; ... END */
function parseSetBody(cursor: TokenCursor, queries: QueryParser, start: number): StatementSet {
  const inserts: InsertStatement[] = []
  while (!cursor.acceptWords('END')) {
    if (cursor.acceptSign(';')) continue
    if (!cursor.atWords('INSERT')) cursor.failExpected(['INSERT', 'END'])
    inserts.push(parseInsert(cursor, queries))
    if (!cursor.atSign(';') && !cursor.atWords('END')) cursor.failExpected(['";"'])
  }
  if (inserts.length === 0)
    cursor.fail(
      codes.unexpectedToken,
      cursor.previous,
      'a statement set needs an INSERT between BEGIN and END.',
    )
  return { kind: 'statement-set', inserts, span: cursor.spanFrom(start) }
}

const explainDetails = ['CHANGELOG_MODE', 'ESTIMATED_COST', 'JSON_EXECUTION_PLAN', 'PLAN_ADVICE'] as const

function parseExplain(cursor: TokenCursor, queries: QueryParser): ExplainStatement {
  const { start } = cursor.next()
  const details: string[] = []
  if (cursor.acceptWords('PLAN', 'FOR')) details.push('PLAN FOR')
  else {
    const first = cursor.acceptOneOf(...explainDetails)
    if (first !== undefined) details.push(first)
    while (first !== undefined && cursor.acceptSign(','))
      details.push(cursor.acceptOneOf(...explainDetails) ?? cursor.failExpected(explainDetails))
  }
  const inner = cursor.peek().start
  const statement = cursor.acceptWords('STATEMENT', 'SET', 'BEGIN')
    ? parseSetBody(cursor, queries, inner)
    : parseExplained(cursor, queries)
  return { kind: 'explain', details, statement, span: cursor.spanFrom(start) }
}

function parseExplained(cursor: TokenCursor, queries: QueryParser): Statement {
  if (cursor.atWords('INSERT')) return parseInsert(cursor, queries)
  if (cursor.atWords('EXECUTE') || cursor.atWords('BEGIN')) return parseExecute(cursor, queries)
  if (cursor.atQuery() || cursor.atSign('(')) return parseQueryStatement(queries)
  return cursor.failExpected(['SELECT', 'INSERT', 'STATEMENT SET', 'PLAN FOR', ...explainDetails])
}

function parseShow(cursor: TokenCursor): ShowStatement {
  const { start } = cursor.next()
  cursor.acceptWords('USER')
  if (cursor.acceptWords('CREATE')) {
    const what = cursor.acceptOneOf('TABLE', 'VIEW') ?? cursor.failExpected(['TABLE', 'VIEW'])
    const name = parseObjectName(cursor)
    return { kind: 'show', what: `CREATE ${what}`, name, span: cursor.spanFrom(start) }
  }
  const what =
    cursor.acceptOneOf('TABLES', 'VIEWS', 'FUNCTIONS') ??
    cursor.failExpected(['TABLES', 'VIEWS', 'FUNCTIONS', 'CREATE TABLE', 'CREATE VIEW'])
  return { kind: 'show', what, name: undefined, span: cursor.spanFrom(start) }
}

/** SET; SET 'key' = 'value'; RESET; RESET 'key' */
function parseSet(cursor: TokenCursor): SetStatement {
  const word = cursor.next()
  const act = word.text === 'SET' ? 'SET' : 'RESET'
  const done = (key?: string, value?: string): SetStatement => ({
    kind: 'set',
    act,
    key,
    value,
    span: cursor.spanFrom(word.start),
  })
  if (cursor.peek().kind === 'end' || cursor.atSign(';')) return done()
  const key = cursor.expectString("the setting's key in quotes, for example 'table.local-time-zone',")
  if (act === 'RESET') return done(key)
  cursor.expectSign('=')
  return done(key, cursor.expectString("the setting's value in quotes"))
}
