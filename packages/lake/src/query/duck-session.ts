/**
 * One DuckDB for one query: its tables are made, it is locked down to the files of these tables, it answers, and it is thrown
 * away. So a query sees nothing of another one, can change nothing, and its memory is its own.
 *
 * To make an instance takes some milliseconds, so one is kept ready for the next query.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { literal } from '../duck/open-duck.ts'
import { pathPattern } from './path-list.ts'

export interface SessionLimits {
  readonly memoryBytes: number
  readonly threads: number
  /** Where results larger than memory may spill, each session in a folder of its own; nowhere if undefined. */
  readonly spillDir?: string
}

export interface DuckSession {
  readonly connection: DuckDBConnection
  /** From here on no file can be opened but these and those in these folders, nor any setting changed. */
  lock(allowed: { readonly files: readonly string[]; readonly folders: readonly string[] }): Promise<void>
  /** A folder of this session's own, made when it is first asked for and removed by `close`. */
  scratchDir(): string
  close(): void
}

export class DuckSessions {
  readonly #limits: SessionLimits
  #spare: Promise<OpenSession> | undefined
  #isClosed = false

  constructor(limits: SessionLimits) {
    this.#limits = limits
  }

  async open(): Promise<DuckSession> {
    const ready = this.#spare ?? OpenSession.open(this.#limits)
    this.#spare = undefined
    return ready
  }

  /** To be called when a query is done, so that it waits for nothing. */
  prepareNext(): void {
    if (this.#isClosed || this.#spare !== undefined) return
    this.#spare = OpenSession.open(this.#limits)
    // Whoever takes it sees the failure.
    this.#spare.catch(() => {})
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const spare = this.#spare
    this.#spare = undefined
    const session = await spare?.catch(() => undefined)
    session?.close()
  }
}

class OpenSession implements DuckSession {
  readonly connection: DuckDBConnection
  readonly #instance: DuckDBInstance
  readonly #spillDir: string | undefined
  readonly #ownSpillDir: string | undefined
  #scratch: string | undefined

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    spill: { readonly dir: string | undefined; readonly own: string | undefined },
  ) {
    this.#instance = instance
    this.connection = connection
    this.#spillDir = spill.dir
    this.#ownSpillDir = spill.own
  }

  static async open({ memoryBytes, threads, spillDir }: SessionLimits): Promise<OpenSession> {
    const { DuckDBInstance } = await import('@duckdb/node-api')
    // Files in it have the same names in all sessions, and a session may read what is in its own folder.
    const own = spillDir === undefined ? undefined : join(spillDir, `query-${randomUUID()}`)
    // DuckDB makes its own folder when it needs it, but not those above.
    if (spillDir !== undefined) await mkdir(spillDir, { recursive: true })
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: `${Math.ceil(memoryBytes / 1024)}KiB`,
      threads: String(threads),
      temp_directory: own ?? '',
      preserve_insertion_order: 'true',
    })
    try {
      const connection = await instance.connect()
      await connection.run("SET TimeZone = 'UTC'")
      return new OpenSession(instance, connection, { dir: spillDir, own })
    } catch (error) {
      instance.closeSync()
      throw error
    }
  }

  async lock({ files, folders }: Parameters<DuckSession['lock']>[0]): Promise<void> {
    const { connection } = this
    // DuckDB asks for the pattern before it looks for what matches it, and then for the file.
    const paths = new Set([...files, ...files.map(pathPattern)])
    await connection.run(`SET allowed_paths = [${[...paths].map(literal).join(', ')}]`)
    await connection.run(`SET allowed_directories = [${folders.map(literal).join(', ')}]`)
    await connection.run('SET enable_external_access = false')
    await connection.run('SET lock_configuration = true')
  }

  scratchDir(): string {
    if (this.#scratch === undefined) {
      if (this.#spillDir !== undefined) mkdirSync(this.#spillDir, { recursive: true })
      this.#scratch = mkdtempSync(join(this.#spillDir ?? tmpdir(), 'millrace-query-'))
    }
    return this.#scratch
  }

  close(): void {
    this.connection.closeSync()
    this.#instance.closeSync()
    if (this.#ownSpillDir !== undefined) rmSync(this.#ownSpillDir, { recursive: true, force: true })
    if (this.#scratch !== undefined) rmSync(this.#scratch, { recursive: true, force: true })
  }
}
