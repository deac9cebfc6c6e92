/**
 * Type names, and units of time, as they are written. Whether a type exists and what its parameters may be is the
 * binder's matter.
 */
import type { TokenCursor } from './token-cursor.ts'
import type { IntervalUnits, TimeUnit, TypeName } from './tree.ts'

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

/** INTEGER, DECIMAL(5, 2), DOUBLE PRECISION, CHARACTER VARYING(10), TIMESTAMP(3). */
export function parseType(cursor: TokenCursor): TypeName {
  const token = cursor.peek()
  if (token.kind !== 'word') cursor.failExpected(['a type'])
  if (!typeWords.includes(token.text) && cursor.dialect.reserved.has(token.text))
    cursor.failExpected(typeWords)
  cursor.next()
  let name = token.text
  if (name === 'DOUBLE') cursor.acceptWords('PRECISION')
  if ((name === 'CHAR' || name === 'CHARACTER' || name === 'BINARY') && cursor.acceptWords('VARYING'))
    name += ' VARYING'
  const parameters = cursor.atSign('(') ? cursor.parenthesized(() => cursor.expectInteger('a number')) : []
  if (name === 'TIMESTAMP' || name === 'TIME') cursor.acceptWords('WITHOUT', 'TIME', 'ZONE')
  return { name, parameters, span: cursor.spanFrom(token.start) }
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
