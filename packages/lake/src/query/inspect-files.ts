/**
 * What columns files have, found by looking into them: of Parquet files the footers, all at once; of CSV files the first lines. A file
 * that cannot be read is named with the reason, and the others stay.
 *
 * What was found is remembered by content, up to a number of files, so that the next query looks into new files alone.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { CatalogTable } from '../catalog/catalog-port.ts'
import { literal } from '../duck/open-duck.ts'
import type { FileShape } from './file-source.ts'
import { pathList, pathText } from './path-list.ts'

export interface FileToInspect {
  /** Local. */
  readonly path: string
  /** The same for the same content. */
  readonly id: string
}

export type Inspected = { readonly shape: FileShape } | { readonly problem: string }

const rememberedMax = 50_000
/** Rows of a CSV file that its form is told from. */
const sniffRows = 2_048

export class FileInspector {
  readonly #remembered = new Map<string, Inspected>()

  /** In the order of the files. */
  async inspect(
    connection: DuckDBConnection,
    table: Pick<CatalogTable, 'format' | 'columns' | 'parameters'>,
    files: readonly FileToInspect[],
  ): Promise<Inspected[]> {
    const unknown = files.filter(({ id }) => !this.#remembered.has(id))
    if (table.format === 'csv')
      for (const file of unknown) this.#remember(file, await sniffCsv(connection, table, file.path))
    else await this.#inspectParquet(connection, unknown)
    const found = files.map(({ id }) => this.#remembered.get(id) ?? { problem: 'it was not looked at' })
    while (this.#remembered.size > rememberedMax) {
      const [oldest] = this.#remembered.keys()
      if (oldest !== undefined) this.#remembered.delete(oldest)
    }
    return found
  }

  /** A file that turned out to be damaged where its footer is not. */
  forget(id: string, problem: string): void {
    this.#remembered.set(id, { problem })
  }

  #remember({ id }: FileToInspect, inspected: Inspected): void {
    this.#remembered.set(id, inspected)
  }

  /** One file that cannot be read fails the statement, so the list is halved until it stands alone. */
  async #inspectParquet(connection: DuckDBConnection, files: readonly FileToInspect[]): Promise<void> {
    if (files.length === 0) return
    const byPath = new Map(files.map((file) => [file.path, file]))
    try {
      const reader = await connection.runAndReadAll(
        'SELECT file_name, md5(string_agg(concat_ws(chr(1), name, duckdb_type, num_children, repetition_type, converted_type, logical_type), chr(2) ' +
          `ORDER BY column_id)) FROM parquet_schema(${pathList(files.map(({ path }) => path))}) GROUP BY file_name`,
      )
      const shapes = new Map<string, Inspected>()
      for (const [name, digest] of reader.getRows().map((row) => row.map(String))) {
        const file = byPath.get(name ?? '')
        if (file === undefined || digest === undefined) continue
        const shape = shapes.get(digest) ?? (await describeParquet(connection, file.path))
        shapes.set(digest, shape)
        this.#remember(file, shape)
      }
    } catch (error) {
      const [only] = files
      if (files.length === 1 && only !== undefined) {
        this.#remember(only, { problem: reasonOf(error, only.path) })
        return
      }
      const half = files.length >> 1
      await this.#inspectParquet(connection, files.slice(0, half))
      await this.#inspectParquet(connection, files.slice(half))
    }
  }
}

async function describeParquet(connection: DuckDBConnection, path: string): Promise<Inspected> {
  try {
    const reader = await connection.runAndReadAll(
      `DESCRIBE SELECT * FROM read_parquet(${pathList([path])}, hive_partitioning = false)`,
    )
    const columns = reader.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }))
    return { shape: { id: JSON.stringify(columns), columns } }
  } catch (error) {
    return { problem: reasonOf(error, path) }
  }
}

async function sniffCsv(
  connection: DuckDBConnection,
  table: Pick<CatalogTable, 'columns' | 'parameters'>,
  path: string,
): Promise<Inspected> {
  const { header, delimiter } = table.parameters
  const options = [
    ...(header === undefined ? [] : [`header = ${header === 'true'}`]),
    ...(delimiter === undefined ? [] : [`delim = ${literal(delimiter)}`]),
  ]
  try {
    const reader = await connection.runAndReadAll(
      'SELECT "Delimiter", "Quote", "HasHeader", list_transform("Columns", c -> c.name)::JSON::VARCHAR ' +
        `FROM sniff_csv(${[pathText(path), `sample_size = ${sniffRows}`, ...options].join(', ')})`,
    )
    const [delim, quote, hasHeader, names] = reader.getRows()[0] ?? []
    const found = (JSON.parse(String(names)) as string[]).map(String)
    // Without a header line columns are what the table says of their places.
    const columns = found.map((name, i) => ({
      name: hasHeader === true ? name : (table.columns[i]?.name ?? name),
      type: 'VARCHAR',
    }))
    const csv = { delimiter: String(delim), header: hasHeader === true, quote: quoteOf(quote) }
    return { shape: { id: JSON.stringify({ columns, csv }), columns, csv } }
  } catch (error) {
    return { problem: reasonOf(error, path) }
  }
}

/** The sniffer writes "(empty)" where there are no quotes. */
function quoteOf(quote: unknown): string {
  return typeof quote === 'string' && quote.length === 1 && quote !== '\0' ? quote : '"'
}

function reasonOf(error: unknown, path: string): string {
  const text = error instanceof Error ? error.message : String(error)
  return (text.split('\n')[0] ?? '').replaceAll(path, 'the file').replace(/^[A-Za-z ]+ Error: /, '')
}
