/**
 * Reads a statement of a log of MySQL or MariaDB. Whatever does not touch columns, keys or rows of tables is `harmless`: views,
 * routines, accounts, settings, temporary tables. Statements of a log were run by the server, so they are taken as correct.
 */
import type { AlterAction, DdlStatement, WrittenName } from './ddl-statement.ts'
import { parseAlterActions } from './parse-alter.ts'
import { isKeyStart, parseColumn, parseKey, parseKeyParts } from './parse-column.ts'
import { parseName } from './parse-name.ts'
import { TokenReader } from './token-reader.ts'
import { type SqlDialect, tokenize } from './tokens.ts'

/** Of statements that change rows, only the beginning is read: it has the names of their tables, behind it come their values. */
const rowChangeCharacters = 10_000

export function parseDdl(text: string, dialect: SqlDialect): DdlStatement {
  const isRowChange = /^\s*(insert|replace|update|delete|load)\b/i.test(text)
  const reader = new TokenReader(tokenize(isRowChange ? text.slice(0, rowChangeCharacters) : text, dialect))
  // MariaDB: SET STATEMENT lock_wait_timeout = 1 FOR ALTER TABLE ...
  if (reader.takes('SET', 'STATEMENT')) while (!reader.isAtEnd && !reader.takes('FOR')) reader.next()
  switch (reader.peek().text) {
    case 'CREATE':
      return parseCreate(reader)
    case 'ALTER':
      return parseAlter(reader)
    case 'DROP':
      return parseDrop(reader)
    case 'RENAME':
      return parseRename(reader)
    case 'TRUNCATE':
      reader.next()
      reader.takes('TABLE')
      return { kind: 'truncate', name: parseName(reader) }
    case 'INSERT':
    case 'REPLACE':
    case 'UPDATE':
    case 'DELETE':
    case 'LOAD':
    case 'WITH':
      return parseRowChange(reader)
    case 'SELECT':
    case 'DO':
      // The log has these for nothing else.
      return { kind: 'calls-function', text: text.slice(0, 200).replace(/\(.*/s, '') }
  }
  return harmless
}

const harmless: DdlStatement = { kind: 'harmless' }

function parseCreate(reader: TokenReader): DdlStatement {
  reader.next()
  const orReplace = reader.takes('OR', 'REPLACE')
  if (reader.takes('TABLE')) return parseCreateTable(reader, orReplace)
  if (reader.takes('DATABASE') || reader.takes('SCHEMA')) {
    const ifNotExists = reader.takes('IF', 'NOT', 'EXISTS')
    return { kind: 'create-schema', schema: reader.name(), ifNotExists, ...parseOptions(reader).choice }
  }
  return parseCreateIndex(reader) ?? harmless
}

function parseCreateTable(reader: TokenReader, orReplace: boolean): DdlStatement {
  const ifNotExists = reader.takes('IF', 'NOT', 'EXISTS')
  const name = parseName(reader)
  const head = { kind: 'create-table', name, ifNotExists, orReplace } as const
  const empty = { columns: [], keys: [], charset: undefined, collation: undefined, hasQuery: false } as const
  if (reader.takes('LIKE')) return { ...head, ...empty, like: parseName(reader) }
  const group = reader.seesMark('(') ? reader.group() : []
  const body = new TokenReader(group)
  if (body.takes('LIKE')) return { ...head, ...empty, like: parseName(body) }
  const isQuery = body.sees('SELECT') || body.sees('WITH') || body.seesMark('(')
  const columns = []
  const keys = []
  while (!isQuery && !body.isAtEnd) {
    if (isKeyStart(body)) {
      const parsed = parseKey(body)
      if (parsed !== undefined) keys.push(parsed.key)
    } else columns.push(parseColumn(body))
    body.skipItem()
    // A closing parenthesis without a partner would hold us here for ever.
    if (!body.takesMark(',')) body.next()
  }
  const { choice, hasQuery } = parseOptions(reader)
  return { ...head, columns, keys, like: undefined, hasQuery: isQuery || hasQuery, ...choice }
}

/** Options of a table or schema: its character set, and whether a query follows. */
function parseOptions(reader: TokenReader) {
  let [charset, collation]: (string | undefined)[] = []
  let hasQuery = false
  while (!reader.isAtEnd) {
    if (reader.takes('CHARACTER', 'SET') || reader.takes('CHARSET')) charset = reader.setting()
    else if (reader.takes('COLLATE')) collation = reader.setting()
    else if (reader.takes('COMMENT') || reader.takes('CONNECTION')) reader.setting()
    else if (reader.takes('PARTITION', 'BY')) {
      // Expressions with words of their own, up to the end or a query.
      while (!reader.isAtEnd && !isQueryStart(reader)) reader.skipOne()
    } else if (isQueryStart(reader)) {
      hasQuery = true
      break
    } else reader.skipOne()
  }
  return { choice: { charset, collation }, hasQuery }
}

function isQueryStart(reader: TokenReader): boolean {
  return ['SELECT', 'AS', 'WITH', 'VALUES'].some((word) => reader.sees(word) && !reader.sees(word, 'SYSTEM'))
}

function parseCreateIndex(reader: TokenReader): DdlStatement | undefined {
  while (reader.takes('ONLINE') || reader.takes('OFFLINE'));
  const isUnique = reader.takes('UNIQUE')
  if (!reader.takes('FULLTEXT') && !reader.takes('SPATIAL')) reader.takes('VECTOR')
  if (!reader.takes('INDEX')) return undefined
  const ifNotExists = reader.takes('IF', 'NOT', 'EXISTS')
  const name = reader.name()
  while (!reader.isAtEnd && !reader.takes('ON')) reader.next()
  const table = parseName(reader)
  while (!reader.isAtEnd && !reader.seesMark('(')) reader.next()
  const key = { kind: isUnique ? 'unique' : 'other', name, ...parseKeyParts(reader.group()) } as const
  return { kind: 'alter-table', name: table, actions: [{ kind: 'add-key', key, ifNotExists }] }
}

function parseAlter(reader: TokenReader): DdlStatement {
  reader.next()
  while (reader.takes('ONLINE') || reader.takes('OFFLINE') || reader.takes('IGNORE'));
  if (reader.takes('DATABASE') || reader.takes('SCHEMA')) {
    const isSession =
      reader.sees('CHARACTER') || reader.sees('CHARSET') || reader.sees('COLLATE') || reader.sees('DEFAULT')
    const schema = isSession ? undefined : reader.name()
    return { kind: 'alter-schema', schema, ...parseOptions(reader).choice }
  }
  if (!reader.takes('TABLE')) return harmless
  reader.takes('IF', 'EXISTS')
  const name = parseName(reader)
  if (reader.takes('WAIT')) reader.next()
  else reader.takes('NOWAIT')
  const actions = parseAlterActions(reader)
  return actions.length === 0 ? harmless : { kind: 'alter-table', name, actions }
}

function parseDrop(reader: TokenReader): DdlStatement {
  reader.next()
  if (reader.takes('DATABASE') || reader.takes('SCHEMA')) {
    reader.takes('IF', 'EXISTS')
    return { kind: 'drop-schema', schema: reader.name() }
  }
  while (reader.takes('ONLINE') || reader.takes('OFFLINE'));
  if (reader.takes('INDEX')) {
    reader.takes('IF', 'EXISTS')
    const action: AlterAction = { kind: 'drop-key', name: reader.name() }
    while (!reader.isAtEnd && !reader.takes('ON')) reader.next()
    return { kind: 'alter-table', name: parseName(reader), actions: [action] }
  }
  if (!reader.takes('TABLE') && !reader.takes('TABLES')) return harmless
  reader.takes('IF', 'EXISTS')
  const names: WrittenName[] = []
  do names.push(parseName(reader))
  while (reader.takesMark(','))
  return { kind: 'drop-tables', names }
}

function parseRename(reader: TokenReader): DdlStatement {
  reader.next()
  if (!reader.takes('TABLE') && !reader.takes('TABLES')) return harmless
  reader.takes('IF', 'EXISTS')
  const pairs = []
  do {
    const from = parseName(reader)
    if (reader.takes('WAIT')) reader.next()
    else reader.takes('NOWAIT')
    reader.takes('TO')
    pairs.push({ from, to: parseName(reader) })
  } while (reader.takesMark(','))
  return { kind: 'rename-tables', pairs }
}

/** All that may be a table that is written to. Which one it is matters little: none of them may be one that is followed. */
function parseRowChange(reader: TokenReader): DdlStatement {
  if (reader.sees('WITH')) {
    while (!reader.isAtEnd && !reader.sees('UPDATE') && !reader.sees('DELETE')) reader.skipOne()
  }
  const verb = reader.next().text
  const names: WrittenName[] = []
  if (verb === 'LOAD') {
    while (!reader.isAtEnd && !reader.takes('INTO', 'TABLE')) reader.next()
    names.push(parseName(reader))
  } else if (verb === 'INSERT' || verb === 'REPLACE') {
    for (const word of ['LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY', 'IGNORE', 'INTO']) reader.takes(word)
    names.push(parseName(reader))
  } else {
    // UPDATE a JOIN b ON ... SET; DELETE a, b FROM ...; DELETE FROM a USING ...: every name before SET or WHERE.
    while (!reader.isAtEnd && !reader.sees('SET') && !reader.sees('WHERE') && !reader.sees('LIMIT')) {
      const token = reader.peek()
      if (token.kind === 'name' || (token.kind === 'word' && !rowChangeWords.has(token.text))) {
        names.push(parseName(reader))
      } else reader.next()
    }
  }
  // A table of memory is emptied when the server has started again: logged as this, also by rows.
  const [only] = names
  if (verb === 'DELETE' && reader.isAtEnd && names.length === 1 && only !== undefined)
    return { kind: 'truncate', name: only }
  return { kind: 'changes-rows', verb, names }
}

const rowChangeWords: ReadonlySet<string> = new Set(
  'LOW_PRIORITY QUICK IGNORE FROM USING JOIN INNER LEFT RIGHT OUTER CROSS NATURAL ON AS AND OR STRAIGHT_JOIN PARTITION'.split(
    ' ',
  ),
)
