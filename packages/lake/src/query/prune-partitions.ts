/**
 * Which partitions of a table a statement needs: its conditions are evaluated by DuckDB itself over the partitions' values, so that
 * they mean what they mean in the query. A condition that fails to evaluate keeps all partitions.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { duckName, duckTypeText } from '../schema/duck-type.ts'
import type { LakeColumn } from '../schema/lake-type.ts'
import { withCondition } from './expression-text.ts'
import type { PartitionFilter } from './partition-filter.ts'
import type { SyntaxNode } from './syntax-tree.ts'

/** How a partition without a value is written in keys, as by Hive. */
export const nullPartition = '__HIVE_DEFAULT_PARTITION__'

const scratch = '__partitions'

/** Indexes of the partitions that some filter keeps. `filters`: one for each reference of the table. */
export async function prunePartitions(
  connection: DuckDBConnection,
  keys: readonly LakeColumn[],
  partitions: readonly (readonly string[])[],
  filters: readonly PartitionFilter[],
): Promise<ReadonlySet<number>> {
  const all = new Set(partitions.keys())
  if (filters.length === 0 || filters.some(({ conditions }) => conditions.length === 0)) return all
  await fillScratch(connection, keys, partitions)
  const kept = new Set<number>()
  for (const { conditions } of filters) {
    let left: ReadonlySet<number> = all
    for (const condition of conditions) {
      const matching = await matchingPartitions(connection, condition)
      if (matching !== undefined) left = new Set([...left].filter((index) => matching.has(index)))
    }
    for (const index of left) kept.add(index)
  }
  return kept
}

async function fillScratch(
  connection: DuckDBConnection,
  keys: readonly LakeColumn[],
  partitions: readonly (readonly string[])[],
): Promise<void> {
  const columns = keys.map(
    ({ name, type }, i) => `${partitionValue(`v[${i + 2}]`, type)} AS ${duckName(name)}`,
  )
  const rows = JSON.stringify(partitions.map((values, i) => [String(i), ...values]))
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${scratch} AS SELECT v[1]::INTEGER AS "__index", ${columns.join(', ')} ` +
      `FROM (SELECT unnest(from_json($1::JSON, '[["VARCHAR"]]')) AS v)`,
    [rows],
  )
}

/** The typed value of a partition key of which `text` is the expression of its text in the key. */
export function partitionValue(text: string, type: LakeColumn['type']): string {
  const value = `nullif(${text}, '${nullPartition}')`
  return type.kind === 'string' ? value : `TRY_CAST(${value} AS ${duckTypeText(type)})`
}

async function matchingPartitions(
  connection: DuckDBConnection,
  condition: SyntaxNode,
): Promise<ReadonlySet<number> | undefined> {
  try {
    const sql = await withCondition(connection, `SELECT "__index" FROM ${scratch}`, condition)
    const reader = await connection.runAndReadAll(sql)
    return new Set(reader.getRows().map(([index]) => Number(index)))
  } catch {
    // For example a cast of a value that it does not fit: the query will say so, if it comes to that.
    return undefined
  }
}
