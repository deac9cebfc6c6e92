/** Columns and values of results as pages and the command line get them (the protocol's ColumnShape and CellValue). */
import type { CellValue, ColumnShape } from '@millrace/console'
import { plainValue, type Row } from '@millrace/sql'
import { type Field, formatFlinkType, formatSqlType, type SqlType } from '@millrace/values'

const textMax = 2_000
const numbers: ReadonlySet<SqlType['kind']> = new Set([
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'REAL',
  'DOUBLE',
  'DECIMAL',
])
const times: ReadonlySet<SqlType['kind']> = new Set(['TIMESTAMP', 'TIMESTAMP_LTZ', 'DATE'])

export function columnShape({ name, type }: Field, dialect: 'flink' | 'kda'): ColumnShape {
  return {
    name,
    type: dialect === 'flink' ? formatFlinkType(type) : formatSqlType(type),
    isNumber: numbers.has(type.kind),
    isTime: times.has(type.kind),
  }
}

export function cellValues(fields: readonly Field[], row: Row): CellValue[] {
  return fields.map(({ type }, i) => {
    const value = plainValue(row[i] ?? null, type)
    if (typeof value === 'string')
      return type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ'
        ? `${value.replace(' ', 'T')}Z`
        : cutText(value)
    if (typeof value === 'object' && value !== null) return cutText(JSON.stringify(value))
    return value
  })
}

/** Of what comes from outside nothing may be so long that a page cannot show it. */
export function cutText(text: string): string {
  return text.length > textMax ? `${text.slice(0, textMax)}…` : text
}
