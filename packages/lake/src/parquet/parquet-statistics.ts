/** Reads what COPY ... (RETURN_STATS) answers, for the leaves of a schema. */
import { duckName } from '../schema/duck-type.ts'
import type { LakeSchema, LakeType } from '../schema/lake-type.ts'
import type { ColumnStatistics } from './parquet-port.ts'

export interface CopyAnswer {
  readonly count: string
  readonly file_size_bytes: string
  readonly column_statistics: readonly {
    readonly key: string
    readonly value: readonly { readonly key: string; readonly value: string }[]
  }[]
}

/** By path; leaves that the writer says nothing of (there are no rows) have no entry. */
export function readStatistics(schema: LakeSchema, answer: CopyAnswer): Map<string, ColumnStatistics> {
  const byKey = new Map(answer.column_statistics.map(({ key, value }) => [key, value]))
  const columns = new Map<string, ColumnStatistics>()
  const visit = (type: LakeType, path: readonly string[]): void => {
    switch (type.kind) {
      case 'struct':
        for (const field of type.fields) visit(field.type, [...path, field.name])
        return
      case 'list':
        visit(type.element, [...path, 'element'])
        return
      case 'map':
        visit(type.key, [...path, 'key'])
        visit(type.value, [...path, 'value'])
        return
    }
    const entries = byKey.get(path.map(duckName).join('.'))
    if (entries === undefined) return
    const values = new Map(entries.map(({ key, value }) => [key, value]))
    // A NaN has no place in the order, so bounds would not hold it.
    const hasOrder = values.get('has_nan') !== 'true'
    columns.set(path.join('.'), {
      nulls: Number(values.get('null_count') ?? 0),
      min: hasOrder ? boundOf(type, values.get('min')) : undefined,
      max: hasOrder ? boundOf(type, values.get('max')) : undefined,
      bytes: Number(values.get('column_size_bytes') ?? 0),
    })
  }
  for (const column of schema.columns) visit(column.type, [column.name])
  return columns
}

function boundOf(type: LakeType, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  // DuckDB writes no digit before the point where the type has none.
  if (type.kind === 'decimal') return text.replace(/^(-?)\./, '$10.')
  if (type.kind === 'boolean') return text === '1' || text === 'true' ? 'true' : 'false'
  return text
}
