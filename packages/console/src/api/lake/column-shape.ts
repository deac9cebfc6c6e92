/** What a page has to know of a column of a result: which values are numbers and which are points in time. */
import type { QueryColumn } from '@millrace/lake'
import type { ColumnShape } from '../../protocol/notebook.ts'

const numbers = /^(?:(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|REAL|BIGNUM)$|DECIMAL\()/i
const times =
  /^(?:DATE|TIMESTAMP|TIMESTAMP_S|TIMESTAMP_MS|TIMESTAMP_NS|TIMESTAMP WITH TIME ZONE|TIMESTAMPTZ)$/i

/** Of a column with DuckDB's name of its type. */
export function columnShape({ name, type }: QueryColumn): ColumnShape {
  return { name, type, isNumber: numbers.test(type), isTime: times.test(type) }
}
