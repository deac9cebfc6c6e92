/** The columns that an upsert works by, checked, and what they say about the files that may hold its keys. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { LakeError } from '../../errors.ts'
import { duckName } from '../../schema/duck-type.ts'
import type { LakeColumn } from '../../schema/lake-type.ts'
import { toValueType } from '../format/iceberg-schema.ts'
import { valueOfText } from '../format/value-text.ts'
import type { IcebergTable, ScanOptions, ScanPredicate } from '../table-port.ts'

export interface UpsertKeys {
  readonly names: readonly string[]
  readonly precombine: string | undefined
  /** Key columns, and precombine. */
  readonly scanned: readonly LakeColumn[]
}

/** Error: UPSERT_INVALID. */
export function keysOf(
  table: IcebergTable,
  { key, precombine }: { readonly key: readonly string[]; readonly precombine?: string },
): UpsertKeys {
  const columns = table.schema.columns
  const find = (name: string, use: string): LakeColumn => {
    const column = columns.find((each) => each.name === name)
    if (column === undefined) {
      throw new LakeError(
        'UPSERT_INVALID',
        `${use} ${JSON.stringify(name)} is no column of ${[...table.name.namespace, table.name.name].join('.')}, which has ${columns
          .map((each) => each.name)
          .join(', ')}.`,
      )
    }
    return column
  }
  const keyColumns = key.map((name) => {
    const column = find(name, 'The key column')
    if (['float', 'double', 'list', 'map', 'struct'].includes(column.type.kind)) {
      throw new LakeError(
        'UPSERT_INVALID',
        `The key column ${JSON.stringify(name)} is a ${column.type.kind}, which cannot tell rows apart. Use whole numbers, decimals, text, dates or times.`,
      )
    }
    return column
  })
  if (precombine === undefined || key.length === 0)
    return { names: key, precombine: undefined, scanned: keyColumns }
  const order = find(precombine, 'The precombine column')
  if (['list', 'map', 'struct'].includes(order.type.kind)) {
    throw new LakeError(
      'UPSERT_INVALID',
      `The precombine column ${JSON.stringify(precombine)} is a ${order.type.kind}, which has no order. Use a number, text or a time.`,
    )
  }
  return { names: key, precombine, scanned: key.includes(precombine) ? keyColumns : [...keyColumns, order] }
}

/** Up to so many different values each is looked for; beyond, their range. */
const valuesMax = 100

/** Which files to look into: those whose partition or bounds may hold a key of `__changes`. */
export async function keyPredicate(
  connection: DuckDBConnection,
  { names, scanned }: UpsertKeys,
): Promise<ScanOptions> {
  const terms: ScanPredicate[] = []
  for (const [i, name] of names.entries()) {
    const column = duckName(name)
    const type = scanned[i] === undefined ? undefined : toValueType(scanned[i].type)
    if (type === undefined) continue
    const distinct = await connection.runAndReadAll(
      `SELECT CAST(v AS VARCHAR) FROM (SELECT DISTINCT ${column} AS v FROM __changes LIMIT ${valuesMax + 1})`,
    )
    const rows = distinct.getRows()
    const isFew = rows.length <= valuesMax
    const texts = isFew
      ? rows.map(([text]) => text)
      : (
          await connection.runAndReadAll(
            `SELECT CAST(min(${column}) AS VARCHAR), CAST(max(${column}) AS VARCHAR) FROM __changes`,
          )
        ).getRows()[0]
    const values = (texts ?? []).map((text) => (text === null ? undefined : valueOfText(type, String(text))))
    const known = values.filter((value) => value !== undefined)
    // A value that has no place in the order may be in any file.
    if (known.length !== values.length || known.length === 0) continue
    const [min, max] = known
    if (isFew) terms.push({ kind: 'in', column: name, values: known })
    else if (min !== undefined && max !== undefined) {
      terms.push({ kind: 'compare', column: name, operator: '>=', value: min })
      terms.push({ kind: 'compare', column: name, operator: '<=', value: max })
    }
  }
  return terms.length === 0 ? {} : { where: { kind: 'and', terms } }
}
