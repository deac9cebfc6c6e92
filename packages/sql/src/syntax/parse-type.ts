/**
 * Type names, and units of time, as they are written. Whether a type exists and what its parameters may be is the
 * binder's matter.
 */
import type { TokenCursor } from './token-cursor.ts'
import type { Identifier, IntervalUnits, TimeUnit, TypeName } from './tree.ts'

const typeWords = [
  ...[
    'BOOLEAN',
    'TINYINT',
    'SMALLINT',
    'INTEGER',
    'INT',
    'BIGINT',
    'REAL',
    'DOUBLE',
    'FLOAT',
    'DECIMAL',
    'DEC',
    'NUMERIC',
  ],
  ...['CHAR', 'CHARACTER', 'VARCHAR', 'BINARY', 'VARBINARY', 'DATE', 'TIME', 'TIMESTAMP', 'INTERVAL'],
]
/** Reserved words that open a type in Flink SQL only. */
const nestedTypeWords = ['ARRAY', 'MAP', 'MULTISET', 'ROW']

/**
 * INTEGER, DECIMAL(5, 2), DOUBLE PRECISION, CHARACTER VARYING(10), TIMESTAMP(3); in Flink SQL also ARRAY<T>, MAP<K, V>,
 * ROW<name T, ...>, T ARRAY, TIMESTAMP(3) WITH LOCAL TIME ZONE (named TIMESTAMP_LTZ), INTERVAL DAY TO SECOND. A NOT NULL
 * behind the type is left to the place where it stands.
 */
export function parseType(cursor: TokenCursor): TypeName {
  return cursor.nested(() => {
    let type = parseSingleType(cursor)
    while (cursor.dialect.name === 'flink') {
      const kind = cursor.acceptOneOf('ARRAY', 'MULTISET')
      if (kind === undefined) break
      type = { name: kind, parameters: [], elements: [type], span: cursor.spanFrom(type.span.start) }
    }
    return type
  })
}

function parseSingleType(cursor: TokenCursor): TypeName {
  const token = cursor.peek()
  const known =
    cursor.dialect.name === 'flink' ? [...typeWords, ...nestedTypeWords, 'STRING', 'BYTES'] : typeWords
  if (token.kind !== 'word') cursor.failExpected(['a type'])
  if (!known.includes(token.text) && cursor.dialect.reserved.has(token.text)) cursor.failExpected(known)
  cursor.next()
  let name = token.text
  if (name === 'DOUBLE') cursor.acceptWords('PRECISION')
  if ((name === 'CHAR' || name === 'CHARACTER' || name === 'BINARY') && cursor.acceptWords('VARYING'))
    name += ' VARYING'
  if (cursor.dialect.name === 'flink') {
    if (nestedTypeWords.includes(name)) return parseNestedType(cursor, name, token.start)
    if (name === 'INTERVAL') {
      const { from, to } = parseIntervalUnits(cursor)
      name = to === undefined ? `INTERVAL ${from}` : `INTERVAL ${from} TO ${to}`
      return { name, parameters: [], span: cursor.spanFrom(token.start) }
    }
  }
  const parameters = cursor.atSign('(') ? cursor.parenthesized(() => cursor.expectInteger('a number')) : []
  if (name === 'TIMESTAMP' || name === 'TIME') {
    if (!cursor.acceptWords('WITHOUT', 'TIME', 'ZONE') && name === 'TIMESTAMP' && cursor.atWords('WITH')) {
      if (cursor.acceptWords('WITH', 'LOCAL', 'TIME', 'ZONE')) name = 'TIMESTAMP_LTZ'
    }
  }
  return { name, parameters, span: cursor.spanFrom(token.start) }
}

/** Behind ARRAY, MULTISET, MAP or ROW. */
function parseNestedType(cursor: TokenCursor, name: string, start: number): TypeName {
  if (name === 'ROW') {
    const closing = cursor.acceptSign('<') ? '>' : ')'
    if (closing === ')') cursor.expectSign('(')
    const fields = cursor.list(() => parseField(cursor))
    cursor.expectSign(closing)
    return { name, parameters: [], fields, span: cursor.spanFrom(start) }
  }
  cursor.expectSign('<')
  const elements = [parseElementType(cursor)]
  if (name === 'MAP') {
    cursor.expectSign(',')
    elements.push(parseElementType(cursor))
  }
  cursor.expectSign('>')
  return { name, parameters: [], elements, span: cursor.spanFrom(start) }
}

function parseField(cursor: TokenCursor): { name: Identifier; type: TypeName } {
  const name = cursor.expectName('a field name')
  const type = parseElementType(cursor)
  // A comment on a field has no meaning for what is computed.
  if (cursor.peek().kind === 'string') cursor.next()
  return { name, type }
}

/** T [NOT NULL | NULL] */
function parseElementType(cursor: TokenCursor): TypeName {
  const type = parseType(cursor)
  if (cursor.acceptWords('NOT', 'NULL'))
    return { ...type, notNull: true, span: cursor.spanFrom(type.span.start) }
  cursor.acceptWords('NULL')
  return type
}

const units: readonly TimeUnit[] = ['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND']

export function acceptTimeUnit(cursor: TokenCursor): TimeUnit | undefined {
  const unit = cursor.acceptOneOf(...units)
  if (unit !== undefined) return unit
  const token = cursor.peek()
  const singular = units.find((candidate) => token.kind === 'word' && token.text === `${candidate}S`)
  if (singular !== undefined) cursor.next()
  return singular
}

export function expectTimeUnit(cursor: TokenCursor): TimeUnit {
  return acceptTimeUnit(cursor) ?? cursor.failExpected(units)
}

/** unit [(precision)] [TO unit [(precision)]] */
export function parseIntervalUnits(cursor: TokenCursor): IntervalUnits {
  const from = expectTimeUnit(cursor)
  skipPrecision(cursor)
  // TO belongs to the interval if a finer unit follows; in FLOOR(t + INTERVAL '20' SECOND TO MINUTE) it does not.
  const next = units.findIndex((unit) => cursor.atWords('TO', unit))
  if (next <= units.indexOf(from)) return { from, to: undefined }
  cursor.next()
  const to = expectTimeUnit(cursor)
  skipPrecision(cursor)
  return { from, to }
}

function skipPrecision(cursor: TokenCursor): void {
  if (cursor.atSign('(')) cursor.parenthesized(() => cursor.expectInteger('a precision'))
}
