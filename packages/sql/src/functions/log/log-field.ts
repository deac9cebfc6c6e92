/**
 * LOG_FIELD(line, format, n): field n, from 0, of a line in a format (log-format.ts) that is a constant. The fields of a
 * row-valued log parser are calls of it, which follow each other for the same line, so the last line is kept.
 * LOG_REQUIRED(field, name): the field of a column that is NOT NULL; a line without it has no row.
 * SYS_LOG_TIME(line): the time at the front of a line of the system log, in the year of the row time.
 */
import type { SqlValue } from '../../plan.ts'
import { numberOf, textOf } from '../argument-values.ts'
import { daysOf } from '../civil-time.ts'
import { PatternError } from '../regex/tree.ts'
import { type ScalarFunction, SqlRuntimeError } from '../scalar-function.ts'
import { type LogFormat, type LogReader, logReader } from './log-format.ts'

interface Reader {
  readonly read: LogReader
  readonly strict: boolean
  line: string | undefined
  fields: readonly (string | null)[] | undefined
}

const readersMax = 200
const readers = new Map<string, Reader>()
const fieldLength = 1024

function readerOf(text: string): Reader {
  let reader = readers.get(text)
  if (reader === undefined) {
    const format = JSON.parse(text) as LogFormat // The binder wrote it.
    try {
      reader = {
        read: logReader(format),
        strict: format.kind === 'fast' || (format.kind === 'regex' && format.strict),
        line: undefined,
        fields: undefined,
      }
    } catch (error) {
      if (error instanceof PatternError) throw new SqlRuntimeError('CoercionError', error.message)
      throw error
    }
    if (readers.size >= readersMax) readers.clear()
    readers.set(text, reader)
  }
  return reader
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export const logFunctions: readonly ScalarFunction[] = [
  {
    name: 'LOG_FIELD',
    forms: ['LOG_FIELD(line, format, n)'],
    nullIn: 'null',
    infer: (args) =>
      args.length === 3
        ? { type: { kind: 'VARCHAR', length: fieldLength }, nullable: true }
        : 'LOG_FIELD takes a line, a format and a number',
    evaluate: ([line, format, index]): SqlValue => {
      const reader = readerOf(textOf(format))
      const text = textOf(line)
      if (reader.line !== text) {
        reader.fields = reader.read(text)
        reader.line = text
      }
      if (reader.fields === undefined && reader.strict)
        throw new SqlRuntimeError(
          'CoercionError',
          `the line '${text.slice(0, 60)}' does not match the pattern as a whole`,
        )
      const field = reader.fields?.[numberOf(index)] ?? null
      return field === null || field.length <= fieldLength ? field : [...field].slice(0, fieldLength).join('')
    },
  },
  {
    name: 'LOG_REQUIRED',
    forms: ['LOG_REQUIRED(field, name)'],
    nullIn: 'called',
    infer: (args) =>
      args.length === 2
        ? { type: args[0]!.type, nullable: false }
        : 'LOG_REQUIRED takes a field and its name',
    evaluate: ([field, name]): SqlValue => {
      if (field === null)
        throw new SqlRuntimeError(
          'NotNullViolation',
          `the line has no field "${textOf(name)}", which is NOT NULL`,
        )
      return field!
    },
  },
  {
    name: 'SYS_LOG_TIME',
    forms: ['SYS_LOG_TIME(line)'],
    nullIn: 'null',
    infer: (args) =>
      args.length === 1 ? { type: { kind: 'TIMESTAMP' }, nullable: true } : 'SYS_LOG_TIME takes a line',
    evaluate: ([line], { rowtime }): SqlValue => {
      const match = /^([A-Z][a-z]{2})\s+(\d{1,2})\s+(\d{2}):(\d{2}):(\d{2})/.exec(textOf(line))
      const month = months.indexOf(match?.[1] ?? '') + 1
      if (match === null || month === 0) return null
      const year = new Date(rowtime).getUTCFullYear()
      const [day, hour, minute, second] = match.slice(2).map(Number) as [number, number, number, number]
      return daysOf(year, month, day) * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000
    },
  },
]
