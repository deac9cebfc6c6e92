/** Columns of DuckDB's results as pages get them. */
import type { ColumnShape } from '@millrace/console'
import type { QueryColumn } from '@millrace/lake'

const numberTypes = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\b.*)$/
export const timeTypes = /^(?:TIMESTAMP\b.*|DATE)$/

export function lakeColumn({ name, type }: QueryColumn): ColumnShape {
  return { name, type, isNumber: numberTypes.test(type), isTime: timeTypes.test(type) }
}
