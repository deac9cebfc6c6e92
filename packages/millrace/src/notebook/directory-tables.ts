/**
 * Streams and keyed tables of a data directory as tables of the Flink dialect, so that a cell can name them without a declaration.
 * A stream's columns are those that the app's own SQL declares for it, else what its newest records show. A keyed table's columns are
 * its keys and what its items show.
 */
import type { AppDoor } from '@millrace/console'
import { type AppDefinition, deadLetterTable, type FlinkQueryStage } from '@millrace/runtime'
import {
  bindFlinkProgram,
  type DiscoveredTable,
  discoverTable,
  FlinkSession,
  type Sink,
  type TableInfo,
} from '@millrace/sql'
import type { KeyDefinition, Store, TableEntry } from '@millrace/store'
import { isEntryTable, plainJson } from '@millrace/tables'
import type { Clock, Field, SqlType } from '@millrace/values'
import { parseSqlType } from '@millrace/values'
import { inTurns } from './in-turns.ts'
import { sampleStream } from './sample-stream.ts'

export interface DirectoryTable {
  readonly kind: 'stream' | 'table'
  readonly name: string
  readonly origin: 'declared' | 'discovered' | 'unknown'
  readonly table: TableInfo
  /** Sample records or items that the columns were read from. */
  readonly records: number
}

export const sampleRecords = 200
/** What was read from samples is looked at again after so long. */
const freshMs = 10_000
/** Options of a declaration that say how records are read, and not where they come from. */
const kept =
  /^(?:format|(?:json|csv|raw|debezium-json)\..*|scan\.watermark\..*|changelog-mode|partition-key)$/

export class DirectoryTables {
  readonly #store: Store
  readonly #app: AppDoor | undefined
  readonly #clock: Clock
  /** By stream; the definition of an app does not change while it runs. */
  #declared: ReadonlyMap<string, TableInfo> | undefined
  readonly #found = new Map<string, { readonly at: number; readonly table: DirectoryTable }>()

  constructor(store: Store, app: AppDoor | undefined, clock: Clock) {
    this.#store = store
    this.#app = app
    this.#clock = clock
  }

  /** All of them, streams first. Many are looked at in many turns. */
  async all(): Promise<DirectoryTable[]> {
    const streams = await inTurns(this.#store.streams(), ({ name }) => this.stream(name))
    const tables = await inTurns(this.#tableEntries(), (entry) =>
      // It may have gone since the list was made.
      this.#store.tableEntry(entry.name) === undefined ? undefined : this.#table(entry),
    )
    return [...streams, ...tables].filter((each) => each !== undefined)
  }

  /** Those whose names stand in one of the texts; a stream goes before a table of its name. */
  named(texts: readonly string[]): DirectoryTable[] {
    const whole = texts.join('\n')
    const streams = this.#store
      .streams()
      .filter(({ name }) => whole.includes(name))
      .map(({ name }) => this.stream(name))
    const tables = this.#tableEntries()
      .filter(({ name }) => whole.includes(name) && this.#store.stream(name) === undefined)
      .map((entry) => this.#table(entry))
    return [...streams, ...tables].filter((each) => each !== undefined)
  }

  /** Undefined if there is no such stream. */
  stream(name: string): DirectoryTable | undefined {
    if (this.#store.stream(name) === undefined) return undefined
    this.#declared ??= declaredTables(this.#app?.definition)
    const declared = this.#declared.get(name)
    if (declared !== undefined)
      return { kind: 'stream', name, origin: 'declared', table: declared, records: 0 }
    return this.#fresh(`stream ${name}`, () => {
      const samples = sampleStream(this.#store, name, sampleRecords)
      const found: DiscoveredTable =
        samples.length === 0 ? { columns: [], options: {} } : discoverTable(samples)
      return {
        kind: 'stream',
        name,
        origin: samples.length === 0 ? 'unknown' : 'discovered',
        table: tableOf(name, found.columns, { connector: 'stream', stream: name, ...found.options }),
        records: samples.length,
      }
    })
  }

  /** What records of a stream show, also where the app's SQL declares it otherwise. */
  discover(name: string, samples: readonly Uint8Array[]): { columns: readonly Field[]; ddl: string } {
    const { columns, options } = samples.length === 0 ? { columns: [], options: {} } : discoverTable(samples)
    const table = tableOf(name, columns, { connector: 'stream', stream: name, ...options })
    const ddl = declarationOf({ kind: 'stream', name, origin: 'discovered', table, records: samples.length })
    return { columns, ddl: ddl === undefined ? '' : `${ddl};` }
  }

  #tableEntries(): TableEntry[] {
    return this.#store
      .tableEntries()
      .filter(
        ({ name }) => !isEntryTable(name) && name !== deadLetterTable.name && !name.startsWith('system.'),
      )
  }

  #table(entry: TableEntry): DirectoryTable {
    const { name, partitionKey, sortKey } = entry
    return this.#fresh(`table ${name}`, () => {
      const items = [...this.#store.scan(name, { limit: sampleRecords })].map((item) => plainJson(item))
      const found = items.length === 0 ? [] : discoverTable(items).columns
      const keys = [partitionKey, ...(sortKey === undefined ? [] : [sortKey])]
      const columns: Field[] = [
        ...keys.map((key) => ({
          name: key.name,
          type: keyType(key, found.find((field) => field.name === key.name)?.type),
          nullable: false,
        })),
        ...found.filter((field) => keys.every((key) => key.name !== field.name)),
      ]
      return {
        kind: 'table',
        name,
        origin: items.length === 0 ? 'unknown' : 'discovered',
        table: {
          ...tableOf(name, columns, { connector: 'table', table: name }),
          primaryKey: keys.map((key) => key.name),
        },
        records: items.length,
      }
    })
  }

  #fresh(key: string, find: () => DirectoryTable): DirectoryTable {
    const known = this.#found.get(key)
    const now = this.#clock.now()
    if (known !== undefined && now - known.at < freshMs && known.table.origin !== 'unknown')
      return known.table
    const table = find()
    this.#found.set(key, { at: now, table })
    return table
  }
}

/** CREATE TABLE of a table of the directory; a table without columns cannot be declared. */
export function declarationOf({ table }: DirectoryTable): string | undefined {
  if (table.columns.length === 0) return undefined
  const session = new FlinkSession({ tables: [table] })
  const [result] = session.execute(`SHOW CREATE TABLE \`${table.name.replaceAll('`', '``')}\``).results
  const text = result?.kind === 'reply' ? result.reply.rows[0]?.[0] : undefined
  // `WITH` says more than its name, which a reader of the cell may want to change.
  return text?.replace(/^CREATE TEMPORARY TABLE/, 'CREATE TABLE')
}

function tableOf(
  name: string,
  columns: readonly Field[],
  options: Readonly<Record<string, string>>,
): TableInfo {
  return {
    name,
    temporary: false,
    columns: columns.map((field) => ({ ...field, metadata: undefined, computed: undefined })),
    primaryKey: undefined,
    partitionedBy: [],
    options,
    comment: undefined,
  }
}

/** Numbers of keys have up to 38 digits; those that the items show are mostly whole. */
function keyType({ type }: KeyDefinition, shown: SqlType | undefined): SqlType {
  if (type === 'number') return shown?.kind === 'DOUBLE' ? shown : { kind: 'BIGINT' }
  return parseSqlType('STRING', 'flink')
}

/** By stream: what the first query of the app that reads or writes it in Flink SQL declares. */
function declaredTables(definition: AppDefinition | undefined): ReadonlyMap<string, TableInfo> {
  const tables = new Map<string, TableInfo>()
  for (const stage of definition?.stages ?? []) {
    if (stage.kind !== 'query' || stage.dialect !== 'flink') continue
    for (const [stream, table] of tablesOf(stage)) if (!tables.has(stream)) tables.set(stream, table)
  }
  return tables
}

function* tablesOf(stage: FlinkQueryStage): Generator<readonly [stream: string, table: TableInfo]> {
  const { text, fileName } = stage
  const hosts = new Map(stage.functions.map((fn) => [fn.name.toUpperCase(), fn]))
  const { program } = bindFlinkProgram({ text, fileName, hosts })
  if (program === undefined) return
  for (const { table, stream } of stage.inputs) {
    const info = program.tables.get(table)
    if (info !== undefined && isPlain(info)) yield [stream, asStream(info, stream, info.options)]
  }
  for (const { from, stream, format } of stage.outputs) {
    const sink = program.sinks.find(({ name }) => name === from)
    if (sink === undefined) continue
    const info = sink.table ?? tableOf(from, sink.plan.schema.fields, {})
    if (isPlain(info)) yield [stream, asStream(info, stream, writtenOptions(sink, format))]
  }
}

/** Metadata is what the log does not hold. */
function isPlain({ columns }: TableInfo): boolean {
  return columns.every(({ metadata }) => metadata === undefined)
}

/** How what a sink wrote is to be read. */
function writtenOptions({ table, plan }: Sink, format: string | undefined): TableInfo['options'] {
  const options = format === undefined ? (table?.options ?? {}) : { ...table?.options, format }
  const byKey =
    plan.traits.changes === 'retract' && table?.primaryKey !== undefined && options.format !== 'debezium-json'
  return byKey ? { ...options, 'changelog-mode': 'upsert' } : options
}

function asStream(info: TableInfo, stream: string, options: TableInfo['options']): TableInfo {
  const own = Object.entries(options).filter(([name]) => kept.test(name))
  return {
    ...info,
    name: stream,
    options: { connector: 'stream', stream, ...Object.fromEntries(own) },
  }
}
