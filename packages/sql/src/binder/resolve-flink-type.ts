/**
 * Type names of Flink SQL to SQL types (spec 3.3). A bare VARCHAR or VARBINARY means STRING or BYTES, as public programs
 * use it, although the documentation gives it the length 1. Timestamps always carry their precision; values hold ms.
 */
import type { Field, SqlType } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import type { DiagnosticList } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/spelling.ts'
import type { TypeName } from '../syntax/tree.ts'

/** Length of STRING and BYTES. */
export const flinkLengthMax = 0x7fff_ffff
export const flinkDecimalDigitsMax = 38

const plain: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ['BOOLEAN', { kind: 'BOOLEAN' }],
  ['TINYINT', { kind: 'TINYINT' }],
  ['SMALLINT', { kind: 'SMALLINT' }],
  ['INT', { kind: 'INTEGER' }],
  ['INTEGER', { kind: 'INTEGER' }],
  ['BIGINT', { kind: 'BIGINT' }],
  ['FLOAT', { kind: 'REAL' }],
  ['REAL', { kind: 'REAL' }],
  ['DOUBLE', { kind: 'DOUBLE' }],
  ['DOUBLE PRECISION', { kind: 'DOUBLE' }],
  ['STRING', { kind: 'VARCHAR', length: flinkLengthMax }],
  ['BYTES', { kind: 'VARBINARY', length: flinkLengthMax }],
  ['DATE', { kind: 'DATE' }],
])

/** Kind and length where none is written. */
const withLength: ReadonlyMap<
  string,
  { readonly kind: 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY'; readonly length: number }
> = new Map([
  ['CHAR', { kind: 'CHAR', length: 1 }],
  ['CHARACTER', { kind: 'CHAR', length: 1 }],
  ['VARCHAR', { kind: 'VARCHAR', length: flinkLengthMax }],
  ['CHAR VARYING', { kind: 'VARCHAR', length: flinkLengthMax }],
  ['CHARACTER VARYING', { kind: 'VARCHAR', length: flinkLengthMax }],
  ['BINARY', { kind: 'BINARY', length: 1 }],
  ['VARBINARY', { kind: 'VARBINARY', length: flinkLengthMax }],
  ['BINARY VARYING', { kind: 'VARBINARY', length: flinkLengthMax }],
])

/** Kind and fractional digits where none are written. */
const withPrecision: ReadonlyMap<
  string,
  { readonly kind: 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ'; readonly digits: number }
> = new Map([
  ['TIME', { kind: 'TIME', digits: 0 }],
  ['TIME WITHOUT TIME ZONE', { kind: 'TIME', digits: 0 }],
  ['TIMESTAMP', { kind: 'TIMESTAMP', digits: 6 }],
  ['TIMESTAMP WITHOUT TIME ZONE', { kind: 'TIMESTAMP', digits: 6 }],
  ['TIMESTAMP_LTZ', { kind: 'TIMESTAMP_LTZ', digits: 6 }],
  ['TIMESTAMP WITH LOCAL TIME ZONE', { kind: 'TIMESTAMP_LTZ', digits: 6 }],
])

const decimalNames = new Set(['DECIMAL', 'DEC', 'NUMERIC'])

export function resolveFlinkType(type: TypeName, diagnostics: DiagnosticList): SqlType {
  const { name, parameters } = type
  const fail = (problem: string): never => diagnostics.fail(codes.badType, type.span, problem)
  const simple = plain.get(name)
  if (simple !== undefined)
    return parameters.length === 0 ? simple : fail(`${name} takes no parameters. Write ${name}.`)
  const sized = withLength.get(name)
  if (sized !== undefined) {
    const length = parameters[0] ?? sized.length
    if (parameters.length > 1 || length < 1 || length > flinkLengthMax)
      fail(
        `the length of ${name} is one number from 1 to ${flinkLengthMax}. Write for example ${name}(32), or STRING for text of any length.`,
      )
    return { kind: sized.kind, length }
  }
  const timed = withPrecision.get(name)
  if (timed !== undefined) {
    const precision = parameters[0] ?? timed.digits
    if (parameters.length > 1 || precision > 9)
      fail(`the precision of ${name} is one number from 0 to 9. Write for example ${name}(3).`)
    return timed.kind === 'TIME' ? { kind: 'TIME' } : { kind: timed.kind, precision }
  }
  if (decimalNames.has(name)) {
    const [precision = 10, scale = 0] = parameters
    if (parameters.length > 2 || precision < 1 || precision > flinkDecimalDigitsMax || scale > precision)
      fail(
        `${name}(${parameters.join(',')}) is out of range: the precision is 1 to ${flinkDecimalDigitsMax}, the scale 0 to the precision.`,
      )
    return { kind: 'DECIMAL', precision, scale }
  }
  if (name.startsWith('INTERVAL'))
    return { kind: /YEAR|MONTH/.test(name) ? 'INTERVAL_MONTH' : 'INTERVAL_DAY' }
  return nestedType(type, diagnostics)
}

function nestedType(type: TypeName, diagnostics: DiagnosticList): SqlType {
  const [first, second] = type.elements ?? []
  if ((type.name === 'ARRAY' || type.name === 'MULTISET') && first !== undefined)
    return { kind: type.name, element: resolveFlinkType(first, diagnostics) }
  if (type.name === 'MAP' && first !== undefined && second !== undefined)
    return {
      kind: 'MAP',
      key: resolveFlinkType(first, diagnostics),
      value: resolveFlinkType(second, diagnostics),
    }
  if (type.name === 'ROW' && type.fields !== undefined) {
    const fields: Field[] = []
    for (const field of type.fields) {
      const { name, span } = field.name
      if (fields.some((each) => each.name === name))
        diagnostics.fail(
          codes.duplicateName,
          span,
          `the field \`${name}\` is declared twice in one ROW. Rename one of them.`,
        )
      fields.push({
        name,
        type: resolveFlinkType(field.type, diagnostics),
        nullable: field.type.notNull !== true,
      })
    }
    return { kind: 'ROW', fields }
  }
  const known = [
    ...plain.keys(),
    ...withLength.keys(),
    ...withPrecision.keys(),
    ...decimalNames,
    ...['ARRAY<T>', 'MAP<K, V>', 'MULTISET<T>', 'ROW<name T, ...>'],
  ]
  return diagnostics.fail(
    codes.badType,
    type.span,
    `there is no type ${type.name}.${didYouMean(type.name, known)} Allowed are ${known.join(', ')}.`,
  )
}
