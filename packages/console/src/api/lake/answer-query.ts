/** A statement and its first rows as the answer of a page: what POST /admin/query, charts and previews have in common. */
import type { LakeQuery, QueryOptions } from '@millrace/lake'
import type { Clock } from '@millrace/values'
import type { QueryAnswer } from '../../protocol/lake.ts'
import { columnShape } from './column-shape.ts'

export interface AskedQuery {
  readonly sql: string
  readonly options: QueryOptions
  /** Rows. */
  readonly limit: number
  readonly onRows?: (count: number) => void
}

export async function answerQuery(
  query: LakeQuery,
  clock: Clock,
  { sql, options, limit, onRows }: AskedQuery,
): Promise<QueryAnswer> {
  const began = clock.now()
  const result = await query.run(sql, options)
  const rows: (readonly (string | null)[])[] = []
  let more = false
  for await (const chunk of result.rows) {
    const left = limit - rows.length
    rows.push(...chunk.slice(0, left))
    onRows?.(rows.length)
    // A result that has just as many is not cut.
    more = chunk.length > left
    if (more) break
  }
  const { columns, tables, warnings, files } = result
  const at = clock.now()
  return {
    columns: columns.map(columnShape),
    rows,
    more,
    tables,
    warnings,
    files,
    ms: Math.round(at - began),
    at: Math.round(at),
  }
}
