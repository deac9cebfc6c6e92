/** The columns of whatever a statement can name: as the catalog has them, else as a query that reads no row says. */
import type { QueryAnswer, TableAnswer } from '../../../../../src/protocol/lake.ts'
import { getJson, postJson } from '../../../api/client.ts'
import { sqlName } from '../lake-text.ts'

export interface KnownColumn {
  readonly name: string
  readonly type: string
}

/** Errors: ApiError, also of a view that cannot be computed. */
export async function tableColumns(database: string, name: string): Promise<readonly KnownColumn[]> {
  // Keyed tables of the app are in no catalog.
  if (database !== 'app') {
    const { columns = [] } = await getJson<TableAnswer>('/admin/catalog/table', { database, name })
    if (columns.length > 0) return columns
  }
  const sql = `SELECT * FROM ${sqlName(database, name)} LIMIT 0`
  return (await postJson<QueryAnswer>('/admin/query', { sql, record: false })).columns
}

/** Asked once for each table as long as the page is there; one that failed is asked again. */
export class ColumnCache {
  readonly #known = new Map<string, Promise<readonly KnownColumn[]>>()

  of(database: string, name: string): Promise<readonly KnownColumn[]> {
    const key = JSON.stringify([database, name])
    let columns = this.#known.get(key)
    if (columns === undefined) {
      columns = tableColumns(database, name)
      columns.catch(() => this.#known.delete(key))
      this.#known.set(key, columns)
    }
    return columns
  }
}
