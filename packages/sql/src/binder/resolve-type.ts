/**
 * Type names to SQL types (spec 2.2): synonyms, default parameters, ranges. Those of Flink are in resolve-flink-type.ts.
 */
import type { SqlType } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import type { DiagnosticList } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/spelling.ts'
import { decimalDigitsMax } from '../functions/types.ts'
import type { DialectName } from '../syntax/dialect.ts'
import type { TypeName } from '../syntax/tree.ts'
import { resolveFlinkType } from './resolve-flink-type.ts'

export const textLengthMax = 65535

const plainTypes: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ['BOOLEAN', { kind: 'BOOLEAN' }],
  ['TINYINT', { kind: 'TINYINT' }],
  ['SMALLINT', { kind: 'SMALLINT' }],
  ['INTEGER', { kind: 'INTEGER' }],
  ['INT', { kind: 'INTEGER' }],
  ['BIGINT', { kind: 'BIGINT' }],
  ['REAL', { kind: 'REAL' }],
  ['DOUBLE', { kind: 'DOUBLE' }],
  ['FLOAT', { kind: 'DOUBLE' }],
  ['DATE', { kind: 'DATE' }],
  ['TIME', { kind: 'TIME' }],
  ['TIMESTAMP', { kind: 'TIMESTAMP' }],
])

const textKinds: ReadonlyMap<string, 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY'> = new Map([
  ['CHAR', 'CHAR'],
  ['CHARACTER', 'CHAR'],
  ['VARCHAR', 'VARCHAR'],
  ['CHAR VARYING', 'VARCHAR'],
  ['CHARACTER VARYING', 'VARCHAR'],
  ['BINARY', 'BINARY'],
  ['VARBINARY', 'VARBINARY'],
  ['BINARY VARYING', 'VARBINARY'],
])

const decimalNames = new Set(['DECIMAL', 'DEC', 'NUMERIC'])

export function resolveType(
  type: TypeName,
  diagnostics: DiagnosticList,
  dialect: DialectName = 'kda',
): SqlType {
  if (dialect === 'flink') return resolveFlinkType(type, diagnostics)
  const plain = plainTypes.get(type.name)
  if (plain !== undefined) {
    // TIMESTAMP(3) says what TIMESTAMP is anyway; other plain types take no parameter.
    const allowed = plain.kind === 'TIMESTAMP' || plain.kind === 'TIME' ? 1 : 0
    if (type.parameters.length > allowed) {
      diagnostics.fail(
        codes.badType,
        type.span,
        `${type.name} takes ${allowed === 0 ? 'no parameters' : 'at most one parameter'}. Write ${type.name}.`,
      )
    }
    if (allowed === 1 && (type.parameters[0] ?? 0) > 3) {
      diagnostics.fail(
        codes.badType,
        type.span,
        `${type.name}(${type.parameters[0]}) is finer than a millisecond; at most ${type.name}(3) is held.`,
      )
    }
    return plain
  }
  const textKind = textKinds.get(type.name)
  if (textKind !== undefined) {
    const length = type.parameters[0] ?? 1
    if (type.parameters.length > 1 || length < 1 || length > textLengthMax) {
      diagnostics.fail(
        codes.badType,
        type.span,
        `the length of ${type.name} is one number from 1 to ${textLengthMax}. Write for example ${type.name}(32).`,
      )
    }
    return { kind: textKind, length }
  }
  if (decimalNames.has(type.name)) {
    const precision = type.parameters[0] ?? decimalDigitsMax
    const scale = type.parameters[1] ?? 0
    if (type.parameters.length > 2 || precision < 1 || precision > decimalDigitsMax || scale > precision) {
      diagnostics.fail(
        codes.badType,
        type.span,
        `${type.name}(${type.parameters.join(',')}) is out of range: the precision is 1 to ${decimalDigitsMax}, the scale 0 to the precision.`,
      )
    }
    return { kind: 'DECIMAL', precision, scale }
  }
  if (type.name === 'INTERVAL') {
    diagnostics.fail(
      codes.badType,
      type.span,
      'INTERVAL exists only inside expressions. Store milliseconds as BIGINT instead.',
    )
  }
  const known = [...plainTypes.keys(), ...textKinds.keys(), ...decimalNames]
  return diagnostics.fail(
    codes.badType,
    type.span,
    `there is no type ${type.name}.${didYouMean(type.name, known)} Allowed are ${known.join(', ')}.`,
  )
}
