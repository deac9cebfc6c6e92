/**
 * What was asked of a lake, and statements that have a name: files in the folder `queries` of the data directory, so that the command
 * line can write them beside a running app, and people can read and keep them with their code.
 *
 *   queries/NAME.sql        a saved statement
 *   queries/history.jsonl   one line of JSON for each query, the newest last
 *
 * A line is appended by one write, so several processes may do so at once. Of a long history the newest part is kept; a line that is
 * no JSON (a full disk) is stepped over.
 */
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, didYouMean } from '@millrace/values'
import { LakeQueryError } from './query-error.ts'
import type { LakeQuery, QueryOptions, QueryResult } from './query-port.ts'
import { endingRows } from './result-rows.ts'

export interface HistoryEntry {
  /** When it began, ms. */
  readonly at: number
  readonly sql: string
  readonly database: string
  readonly ms: number
  readonly rows: number
  readonly tables: readonly string[]
  /** Code and message of what it failed with. */
  readonly error?: string
}

export interface SavedQuery {
  readonly name: string
  readonly sql: string
}

const historyFile = 'history.jsonl'
const historyBytesMax = 4 * 2 ** 20
/** What is left of a history that was cut, so that it is not cut all the time. */
const historyBytesKept = 2 * 2 ** 20

export class QueryBook {
  readonly #dir: string

  constructor(dataDir: string) {
    this.#dir = join(dataDir, 'queries')
  }

  async record(entry: HistoryEntry): Promise<void> {
    await mkdir(this.#dir, { recursive: true })
    const path = join(this.#dir, historyFile)
    await appendFile(path, `${JSON.stringify(entry)}\n`)
    if ((await stat(path)).size > historyBytesMax) await this.#cut(path)
  }

  /** The newest first. */
  async history(limit: number): Promise<HistoryEntry[]> {
    return (await this.#entries(join(this.#dir, historyFile))).reverse().slice(0, limit)
  }

  /** Replaces one of the same name. Error: LAKE_QUERY_INVALID. */
  async save({ name, sql }: SavedQuery): Promise<void> {
    const path = this.#path(name)
    await mkdir(this.#dir, { recursive: true })
    await writeFile(`${path}.part`, `${sql.trim()}\n`)
    await rename(`${path}.part`, path)
  }

  /** Error: LAKE_QUERY_INVALID with near names. */
  async saved(name: string): Promise<SavedQuery> {
    const sql = await readText(this.#path(name))
    if (sql !== undefined) return { name, sql: sql.trim() }
    const names = (await this.list()).map((query) => query.name)
    throw new LakeQueryError(
      'LAKE_QUERY_INVALID',
      `there is no saved query "${name}". ${didYouMean(name, names)}${names.length === 0 ? 'None was saved yet.' : `There are ${names.join(', ')}.`}`,
    )
  }

  async list(): Promise<SavedQuery[]> {
    const names = (await readNames(this.#dir))
      .filter((name) => name.endsWith('.sql'))
      .map((name) => name.slice(0, -4))
    return Promise.all(names.sort().map((name) => this.saved(name)))
  }

  /** Error: LAKE_QUERY_INVALID. */
  async remove(name: string): Promise<void> {
    await this.saved(name)
    await rm(this.#path(name), { force: true })
  }

  #path(name: string): string {
    if (/^[A-Za-z0-9_-]{1,100}$/.test(name)) return join(this.#dir, `${name}.sql`)
    throw new LakeQueryError(
      'LAKE_QUERY_INVALID',
      `"${name}" is no name for a saved query: it has 1 to 100 letters, digits, "-" and "_".`,
    )
  }

  async #cut(path: string): Promise<void> {
    const text = (await readText(path)) ?? ''
    await writeFile(`${path}.part`, text.slice(text.indexOf('\n', text.length - historyBytesKept) + 1))
    await rename(`${path}.part`, path)
  }

  async #entries(path: string): Promise<HistoryEntry[]> {
    return ((await readText(path)) ?? '').split('\n').flatMap((line) => {
      try {
        const value: unknown = JSON.parse(line)
        return isEntry(value) ? [value] : []
      } catch {
        return []
      }
    })
  }
}

function isEntry(value: unknown): value is HistoryEntry {
  return (
    typeof value === 'object' &&
    value !== null &&
    'at' in value &&
    'sql' in value &&
    typeof value.sql === 'string'
  )
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function readNames(dir: string): Promise<string[]> {
  try {
    return await readdir(dir)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** A query whose runs and exports are written into the book, when they are over. */
export function recordedQuery(query: LakeQuery, book: QueryBook, clock: Clock): LakeQuery {
  const begin = (sql: string, { database = 'default' }: QueryOptions) => {
    const at = clock.now()
    return (end: { readonly rows: number; readonly tables: readonly string[]; readonly error?: unknown }) => {
      const { rows, tables, error } = end
      const said =
        error === undefined ? {} : { error: error instanceof Error ? error.message : String(error) }
      // That it cannot be written (a full disk) is no reason to fail a query.
      return book
        .record({ at, sql, database, ms: Math.round(clock.now() - at), rows, tables, ...said })
        .catch(() => {})
    }
  }
  return {
    async run(sql, options = {}) {
      const end = begin(sql, options)
      try {
        const result = await query.run(sql, options)
        return { ...result, rows: counted(result, end) }
      } catch (error) {
        await end({ rows: 0, tables: [], error })
        throw error
      }
    },
    describe: (sql, options) => query.describe(sql, options),
    async export(sql, file, options = {}) {
      const end = begin(sql, options)
      try {
        const result = await query.export(sql, file, options)
        await end(result)
        return result
      } catch (error) {
        await end({ rows: 0, tables: [], error })
        throw error
      }
    },
    close: () => query.close(),
  }
}

type Rows = QueryResult['rows']
type Chunk = Rows extends AsyncIterable<infer T> ? T : never

function counted(
  { rows, tables }: QueryResult,
  end: (outcome: { rows: number; tables: readonly string[]; error?: unknown }) => Promise<void>,
): Rows {
  let count = 0
  let isStarted = false
  async function* countedChunks(): AsyncGenerator<Chunk> {
    isStarted = true
    let failure: { readonly error: unknown } | undefined
    try {
      for await (const chunk of rows) {
        count += chunk.length
        yield chunk
      }
    } catch (error) {
      failure = { error }
      throw error
    } finally {
      await end({ rows: count, tables, ...failure })
    }
  }
  return endingRows(countedChunks(), async () => {
    if (isStarted) return
    isStarted = true
    await rows[Symbol.asyncIterator]().return?.()
    await end({ rows: 0, tables })
  })
}
