/**
 * Upserts and deletions by key into an Iceberg table, as one snapshot. Old rows of the keys are found by scanning the key columns of the
 * files that may hold them (bounds and partitions leave the others out); there is no index that could disagree with the table. All of
 * it happens in DuckDB, so that a million rows cost no work in JavaScript, and memory stays within DuckDB's limit.
 *
 *   keys of the changes -> files that may have them -> where their rows are -> which changes stand (winners-sql.ts)
 *   -> merge-on-read: position deletes for the old rows, data files with the new ones
 *      copy-on-write: files with old rows written anew together with the new ones
 *   -> a commit that holds only if nobody else has committed since; otherwise all of it again, from the table as it is then
 *
 * The commit's id goes into the table's properties with the change, so that a repeat after a lost answer or a kill changes nothing.
 */
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { literal } from '../../duck/open-duck.ts'
import { LakeError } from '../../errors.ts'
import { duckName, duckTypeText } from '../../schema/duck-type.ts'
import type { LakeSchema } from '../../schema/lake-type.ts'
import { type ScanFiles, scanFiles } from '../duck/scan-sql.ts'
import { prepareTransforms } from '../duck/transform-sql.ts'
import { FileWriter } from '../duck/write-files.ts'
import { partitionKey } from '../format/partition-by.ts'
import type { PartitionSpec } from '../metadata.ts'
import type { ContentFile, IcebergTable, PartitionTuple, RowChange, ScanTask } from '../table-port.ts'
import { type CommitMark, isKnownCommit, makeCommitMark } from './commit-mark.ts'
import { keyPredicate, keysOf, type UpsertKeys } from './key-columns.ts'
import { removalOf } from './removal.ts'
import {
  type ChangeSource,
  deleteOp,
  type UpsertOptions,
  type UpsertOutcome,
  upsertOp,
} from './upsert-options.ts'
import { winnersSql } from './winners-sql.ts'

const attemptsDefault = 10
const waitMs = 50

/** Errors: UPSERT_INVALID, UPSERT_KEY_MISSING, COMMIT_CONFLICT after all attempts, COMMIT_UNKNOWN, and those of the table. */
export async function applyChanges(
  table: IcebergTable,
  source: ChangeSource,
  options: UpsertOptions,
): Promise<UpsertOutcome> {
  await mkdir(options.scratchDir, { recursive: true })
  const connection = await options.duck.connect()
  try {
    await prepareTransforms(connection)
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source.sql}`)
    const brought = new Set(described.getRows().map(([name]) => String(name)))
    const mark = makeCommitMark(options.commit)
    const attemptsMax = options.attemptsMax ?? attemptsDefault
    for (let attempt = 1; ; attempt++) {
      const metadata = await table.refresh()
      if (isKnownCommit(metadata, mark)) return nothing(true)
      try {
        // By the columns that the table has now.
        const changes = changesSql(source, table.schema, brought)
        await connection.run(`CREATE OR REPLACE TEMP VIEW __changes AS ${changes}`)
        return await new Upsert(connection, table, options).run(source, mark)
      } catch (error) {
        // What was lost on the way is found by its mark, or was never made: it could not be made any more after this attempt's commit.
        const again = codeOf(error) === 'COMMIT_CONFLICT' || codeOf(error) === 'COMMIT_UNKNOWN'
        if (!again || attempt >= attemptsMax) throw error
        await options.clock.sleep(waitMs * Math.min(attempt, 10) * (0.5 + options.random.next()))
      }
    }
  } finally {
    connection.closeSync()
  }
}

/** Changes in the table's types; columns that they do not bring are null. */
function changesSql({ sql }: ChangeSource, schema: LakeSchema, brought: ReadonlySet<string>): string {
  const values = schema.columns.map(({ name, type }) => {
    const value = brought.has(name) ? duckName(name) : 'NULL'
    return `CAST(${value} AS ${duckTypeText(type)}) AS ${duckName(name)}`
  })
  return `SELECT __op, __n, ${values.join(', ')} FROM ${sql}`
}

interface Counts {
  readonly changes: number
  readonly deletes: number
}

class Upsert {
  readonly #connection: DuckDBConnection
  readonly #table: IcebergTable
  readonly #options: UpsertOptions
  readonly #keys: UpsertKeys

  constructor(connection: DuckDBConnection, table: IcebergTable, options: UpsertOptions) {
    this.#connection = connection
    this.#table = table
    this.#options = options
    this.#keys = keysOf(table, options)
  }

  async run(source: ChangeSource, mark: CommitMark): Promise<UpsertOutcome> {
    const { scratchDir, parquet } = this.#options
    const counts = await this.#counts()
    if (counts.changes === 0 && source.isTruncated !== true) return nothing(false)
    const writer = new FileWriter({
      connection: this.#connection,
      table: this.#table,
      scratchDir,
      filePrefix: randomUUID(),
      ...(parquet === undefined ? {} : { parquet }),
    })
    let scan: ScanFiles | undefined
    let isCertain = true
    try {
      const plan = await this.#table.plan(
        source.isTruncated === true || this.#keys.names.length === 0
          ? {}
          : await keyPredicate(this.#connection, this.#keys),
      )
      const tasks = source.isTruncated === true || this.#keys.names.length === 0 ? [] : plan.tasks
      scan = await scanFiles(this.#connection, {
        table: this.#table,
        tasks,
        columns: this.#keys.scanned,
        id: 'keys',
      })
      await this.#findRows(scan)
      await this.#findWinners(counts)
      const outcome = await this.#outcome(counts)
      const gone = source.isTruncated === true ? removalOf(plan.tasks, plan.tasks) : []
      const change = await this.#write(writer, scan, tasks)
      if (change.add.length === 0 && change.remove.length === 0 && gone.length === 0)
        return { ...nothing(false), superseded: outcome.superseded }
      const row: RowChange = {
        add: change.add,
        ...(change.remove.length + gone.length === 0 ? {} : { remove: [...change.remove, ...gone] }),
        base: plan.snapshot?.['snapshot-id'] ?? null,
        exclusive: this.#keys.names.length > 0 || source.isTruncated === true,
        summary: mark.summary,
        properties: mark.properties,
        isDone: (metadata) => isKnownCommit(metadata, mark),
      }
      isCertain = false
      const { snapshot, isRepeat } = await this.#table.commit(row)
      return isRepeat ? nothing(true) : { ...outcome, snapshot, wasDone: false }
    } catch (error) {
      // Files of a commit that may have been made are not ours to take away.
      if (isCertain || codeOf(error) === 'COMMIT_CONFLICT') await writer.discard().catch(() => {})
      throw error
    } finally {
      await scan?.close()
      for (const name of ['__hits', '__winners', '__old'])
        await this.#connection.run(`DROP TABLE IF EXISTS ${name}`)
    }
  }

  async #counts(): Promise<Counts> {
    const { names } = this.#keys
    const missing =
      names.length === 0 ? 'false' : names.map((name) => `${duckName(name)} IS NULL`).join(' OR ')
    const result = await this.#connection.runAndReadAll(
      `SELECT count(*), count(*) FILTER (WHERE __op = ${deleteOp}), count(*) FILTER (WHERE ${missing}) FROM __changes`,
    )
    const [changes = 0, deletes = 0, without = 0] = (result.getRows()[0] ?? []).map(Number)
    if (without > 0) {
      throw new LakeError(
        'UPSERT_KEY_MISSING',
        `${without} of ${changes} changes of ${this.#name} have no value in their key (${names.join(', ')}). Leave them out, or choose another key.`,
      )
    }
    if (deletes > 0 && names.length === 0) {
      throw new LakeError(
        'UPSERT_INVALID',
        `${deletes} deletions for ${this.#name} cannot be carried out without a key. Name the columns of its key.`,
      )
    }
    return { changes, deletes }
  }

  /** `__hits`: rows of the table that have a key of the changes. */
  async #findRows(scan: ScanFiles): Promise<void> {
    const { names, precombine } = this.#keys
    const keys = names.map((name) => `s.${duckName(name)}`)
    const value = precombine === undefined ? 'CAST(NULL AS INTEGER)' : `s.${duckName(precombine)}`
    const same = names.map((name) => `s.${duckName(name)} = c.${duckName(name)}`).join(' AND ')
    await this.#connection.run(
      `CREATE OR REPLACE TEMP TABLE __hits AS
         SELECT ${['CAST(s.__file AS INTEGER) AS __file', 's.__pos', ...keys, `${value} AS __p`].join(', ')} FROM ${scan.sql} s
         ${names.length === 0 ? 'WHERE false' : `SEMI JOIN __changes c ON ${same}`}`,
    )
  }

  /** `__winners`: the changes that stand; `__old`: the rows whose place they take. */
  async #findWinners({ deletes }: Counts): Promise<void> {
    const { names, precombine } = this.#keys
    const keys = names.map(duckName)
    const query =
      names.length === 0
        ? 'SELECT * FROM __changes'
        : winnersSql({
            changes: '__changes',
            existing: `(SELECT ${keys.join(', ')}, max(__p) AS __p FROM __hits GROUP BY ${keys.join(', ')})`,
            key: names,
            precombine,
            hasDeletes: deletes > 0,
          })
    await this.#connection.run(`CREATE OR REPLACE TEMP TABLE __winners AS ${query}`)
    const same = keys.map((name) => `h.${name} = w.${name}`).join(' AND ')
    await this.#connection.run(
      `CREATE OR REPLACE TEMP TABLE __old AS SELECT h.__file, h.__pos FROM __hits h ${names.length === 0 ? '' : `SEMI JOIN __winners w ON ${same}`}`,
    )
  }

  async #outcome({ changes }: Counts): Promise<Omit<UpsertOutcome, 'snapshot' | 'wasDone'>> {
    const keys = this.#keys.names.map((name) => `h.${duckName(name)} = w.${duckName(name)}`).join(' AND ')
    const wasThere =
      keys === '' ? '' : `FROM __winners w SEMI JOIN __hits h ON ${keys} WHERE w.__op = ${deleteOp}`
    const result = await this.#connection.runAndReadAll(
      `SELECT count(*), count(*) FILTER (WHERE __op = ${upsertOp}), ${keys === '' ? '0' : `(SELECT count(*) ${wasThere})`} FROM __winners`,
    )
    const [standing = 0, upserted = 0, deleted = 0] = (result.getRows()[0] ?? []).map(Number)
    return { upserted, deleted, superseded: changes - standing }
  }

  async #write(writer: FileWriter, scan: ScanFiles, tasks: readonly ScanTask[]) {
    const { mode } = this.#options
    const names = this.#table.schema.columns.map(({ name }) => duckName(name)).join(', ')
    const fresh = `SELECT ${names} FROM __winners WHERE __op = ${upsertOp}`
    const found = await this.#connection.runAndReadAll('SELECT DISTINCT __file FROM __old ORDER BY __file')
    const touched = found.getRows().map(([file]) => Number(file))
    if (touched.length === 0 || mode === 'merge-on-read') {
      const add = await writer.writeData(`(${fresh})`)
      const deletes = touched.length === 0 ? [] : await this.#writeDeletes(writer, scan, touched)
      return { add: [...add, ...deletes], remove: [] }
    }
    const rewritten = touched.map((file) => tasks[file]).filter((task) => task !== undefined)
    const whole = await scanFiles(this.#connection, {
      table: this.#table,
      tasks: rewritten,
      columns: this.#table.schema.columns,
      id: 'whole',
    })
    try {
      const places = `(SELECT unnest([${touched.join(', ')}]) AS __file, unnest(range(${touched.length})) AS __place)`
      const kept =
        `SELECT ${names} FROM ${whole.sql} r ANTI JOIN ` +
        `(SELECT p.__place, o.__pos FROM __old o JOIN ${places} p ON o.__file = p.__file) o ON r.__file = o.__place AND r.__pos = o.__pos`
      const add = await writer.writeData(`(${kept} UNION ALL ${fresh})`)
      // Delete files may also serve data files that were pruned away.
      const all = rewritten.some(({ deletes }) => deletes.length > 0)
        ? (await this.#table.plan()).tasks
        : rewritten
      return { add, remove: removalOf(rewritten, all) }
    } finally {
      await whole.close()
    }
  }

  async #writeDeletes(
    writer: FileWriter,
    scan: ScanFiles,
    touched: readonly number[],
  ): Promise<ContentFile[]> {
    const groups = new Map<string, { spec: PartitionSpec; partition: PartitionTuple; index: number }>()
    const rows = touched.map((file) => {
      const data = scan.files[file]
      if (data === undefined) throw new Error('a row is in a file that was not scanned')
      const key = partitionKey(data.specId, data.partition)
      let group = groups.get(key)
      if (group === undefined) {
        const spec = this.#table.metadata['partition-specs'].find((each) => each['spec-id'] === data.specId)
        if (spec === undefined)
          throw new Error(`a file is of partition spec ${data.specId}, which the table has not`)
        group = { spec, partition: data.partition, index: groups.size }
        groups.set(key, group)
      }
      return { file, url: data.path, group: group.index }
    })
    const list = (values: readonly (string | number)[]) => `unnest([${values.join(', ')}])`
    const places =
      `(SELECT ${list(rows.map(({ file }) => file))} AS __file, ${list(rows.map(({ url }) => literal(url)))} AS file_path, ` +
      `${list(rows.map(({ group }) => group))} AS __group)`
    return writer.writeDeletes(
      `(SELECT p.__group, p.file_path, o.__pos AS pos FROM __old o JOIN ${places} p ON o.__file = p.__file)`,
      [...groups.values()],
    )
  }

  get #name(): string {
    const { namespace, name } = this.#table.name
    return [...namespace, name].join('.')
  }
}

function nothing(wasDone: boolean): UpsertOutcome {
  return { snapshot: undefined, wasDone, upserted: 0, deleted: 0, superseded: 0 }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
