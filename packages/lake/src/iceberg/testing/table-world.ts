/**
 * A table with real files in a folder, changed at random, beside a model of its rows in memory. Each step is one thing that a user or a
 * service does to a table: appends, position deletes, overwrites of files, compaction, changes of columns and partitions, expiry, other
 * writers at the same time, and stops at a random put. The model knows what rows each snapshot has; readers have to agree.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Random, VirtualClock } from '@millrace/values'
import type { Duck } from '../../duck/duck-port.ts'
import { openDuck } from '../../duck/open-duck.ts'
import { FolderObjectStore } from '../../objects/folder-object-store.ts'
import { openParquetWriter, type ParquetWriter } from '../../parquet/open-parquet-writer.ts'
import type { LakeColumn, LakeSchema, LakeType } from '../../schema/lake-type.ts'
import { newTableUpdates } from '../catalog/create-table.ts'
import { FolderCatalog } from '../catalog/folder-catalog.ts'
import { toLakeSchema } from '../format/iceberg-schema.ts'
import { partitionKey } from '../format/partition-by.ts'
import { expireSnapshots } from '../maintain/expire-snapshots.ts'
import { removeOrphans } from '../maintain/remove-orphans.ts'
import { rewriteManifests } from '../maintain/rewrite-manifests.ts'
import {
  describeData,
  describePositionDeletes,
  partitionerOf,
  positionDeleteSchema,
} from '../table/describe-files.ts'
import { openTable, type Table } from '../table/open-table.ts'
import type { ContentFile, PartitionBy, PartitionTuple, RowChange, SchemaChange } from '../table-port.ts'
import { canonical, pick, randomColumn, randomValue } from './random-columns.ts'

/** Values by field id, as the Parquet writer takes them; what is not there is null. Structs are lists of [id, value] pairs' values. */
type ModelRow = ReadonlyMap<number, unknown>

/** Where a row is: file and position. */
interface Place {
  readonly file: string
  readonly position: number
  readonly row: ModelRow
}

interface State {
  readonly rows: readonly Place[]
  readonly schema: LakeSchema
}

export interface WorldOptions {
  readonly dir: string
  readonly random: Random
  /** Without changes of columns, and with types that every reader of JavaScript has. */
  readonly isPlain?: boolean
}

const tableName = { namespace: ['db'], name: 'world' }
const hourMs = 3_600_000

class Stopped extends Error {}

/** What is stopped neither puts nor deletes any more: nothing is cleaned up behind it. */
class StoppableStore extends FolderObjectStore {
  readonly #onStep: () => void

  constructor(dir: string, clock: VirtualClock, onStep: () => void) {
    super({ name: 'lake', dir, clock, onPutStep: onStep })
    this.#onStep = onStep
  }

  override async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#onStep()
      await super.delete([key])
    }
  }
}

export class TableWorld {
  readonly #random: Random
  readonly #dir: string
  readonly #isPlain: boolean
  readonly clock = new VirtualClock(1_700_000_000_000)
  readonly store: FolderObjectStore
  readonly #catalog: FolderCatalog
  #duck!: Duck
  #writer!: ParquetWriter
  #table!: Table
  /** What the table's rows are after each snapshot. */
  readonly #states = new Map<number, State>()
  #now: State = { rows: [], schema: { columns: [] } }
  #files = 0
  #nextId = 0
  #stopAfter = Number.POSITIVE_INFINITY
  /** What was done, for messages. */
  readonly steps: string[] = []

  private constructor({ dir, random, isPlain = false }: WorldOptions) {
    this.#dir = dir
    this.#random = random
    this.#isPlain = isPlain
    this.store = new StoppableStore(join(dir, 'lake'), this.clock, () => {
      if (--this.#stopAfter < 0) throw new Stopped()
    })
    this.#catalog = new FolderCatalog(this.store, { clock: this.clock })
  }

  static async open(options: WorldOptions): Promise<TableWorld> {
    const world = new TableWorld(options)
    await world.#start()
    return world
  }

  async #start(): Promise<void> {
    this.#duck = await openDuck({ memoryBytes: 256 * 1024 * 1024, threads: 1, folders: [this.#dir] })
    this.#writer = await openParquetWriter({ duck: this.#duck })
    const columns: LakeColumn[] = [
      { name: 'id', type: { kind: 'long' }, isRequired: true },
      { name: 'shop', type: { kind: 'string' } },
      { name: 'n', type: { kind: 'int' } },
      { name: 'at', type: this.#isPlain ? { kind: 'date' } : { kind: 'timestamp' } },
    ]
    if (this.#isPlain)
      columns.push({ name: 'rate', type: { kind: 'double' } }, { name: 'flag', type: { kind: 'boolean' } })
    else for (let i = 0; i < 5; i++) columns.push(randomColumn(this.#random, `c${this.#nextId++}`))
    await this.#catalog.createNamespace(['db'])
    await this.#catalog.createTable(
      tableName,
      newTableUpdates({
        schema: { columns },
        partitionBy: this.#randomPartitions(columns),
        identifier: ['id'],
      }),
    )
    await this.#reopen()
    await this.#table.setProperties({ 'commit.manifest.min-count-to-merge': '6' })
    this.#now = { rows: [], schema: this.#table.schema }
  }

  async close(): Promise<void> {
    this.#writer.close()
    this.#duck.close()
    await this.store.close()
  }

  get table(): Table {
    return this.#table
  }

  /** Path of the metadata file of now. */
  get metadataPath(): string {
    return this.pathOf(this.#table.loaded.metadataLocation)
  }

  pathOf(url: string): string {
    return join(this.#dir, 'lake', this.#table.keyOf(url))
  }

  /** Snapshots that the table still has, with rows as lists of canonical values, in the order of texts. */
  expected(): { readonly snapshotId: number; readonly rows: readonly string[] }[] {
    return this.#table.metadata.snapshots.map(({ 'snapshot-id': snapshotId }) => {
      const state = this.#states.get(snapshotId)
      if (state === undefined) throw new Error(`the model does not know snapshot ${snapshotId}`)
      return { snapshotId, rows: texts(state) }
    })
  }

  /** By the schema of now, which may be newer than that of the newest snapshot. */
  expectedNow(): readonly string[] {
    return texts(this.#now)
  }

  /** Ids of the rows of now that something is true of, as sorted texts. Structs are maps by field id. */
  ids(isTrue: (row: ReadonlyMap<number, unknown>) => boolean): string[] {
    const id = this.#table.schema.columns.find((column) => column.name === 'id')!.fieldId!
    return this.#now.rows
      .filter(({ row }) => isTrue(row))
      .map(({ row }) => String(row.get(id)))
      .sort()
  }

  /** A value that some row of now has. */
  sample(column: LakeColumn): unknown {
    const { rows } = this.#now
    return rows.length === 0 ? null : (pick(this.#random, rows).row.get(column.fieldId!) ?? null)
  }

  async step(): Promise<void> {
    const random = this.#random
    await this.clock.advance(1 + random.below(hourMs))
    const isStopped = random.below(6) === 0
    if (isStopped) this.#stopAfter = random.below(14)
    const steps: readonly (readonly [string, number, () => Promise<void>])[] = [
      ['append', 6, () => this.#append()],
      ['delete', 5, () => this.#deletePositions()],
      ['overwrite', 3, () => this.#overwrite()],
      ['compact', 3, () => this.#compact()],
      ['columns', this.#isPlain ? 0 : 4, () => this.#evolveColumns()],
      ['partitions', 2, () => this.#evolvePartitions()],
      ['both', 2, () => this.#twoWriters()],
      ['manifests', 1, () => this.#rewriteManifests()],
      ['expire', 1, () => this.#expire()],
      ['orphans', 1, () => this.#orphans()],
    ]
    let weight = random.below(steps.reduce((sum, [, each]) => sum + each, 0))
    const [name, , run] = steps.find(([, each]) => {
      weight -= each
      return weight < 0
    })!
    this.steps.push(isStopped ? `${name} (stopped)` : name)
    try {
      await run()
    } catch (error) {
      if (this.#stopAfter >= 0) throw error
    }
    this.#stopAfter = Number.POSITIVE_INFINITY
    await this.#reopen()
    this.#settle()
  }

  /** As after a stop: only what is stored counts. */
  async #reopen(): Promise<void> {
    const { clock, store } = this
    this.#table = await openTable(this.#catalog, tableName, { store, clock, uuid: () => this.#uuid() })
  }

  /** Changes that were on their way when the step was stopped: made if their snapshot is there. */
  #settle(): void {
    const { metadata } = this.#table
    const head = metadata['current-snapshot-id']
    const state = head === undefined ? undefined : this.#states.get(head)
    this.#now = { rows: state?.rows ?? [], schema: this.#table.schema }
  }

  #uuid(): string {
    const hex = Array.from({ length: 32 }, () => this.#random.below(16).toString(16)).join('')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
  }

  /** Commits, and notes the rows of the new snapshot under its id, before its outcome is known: ids follow from the commit's uuid. */
  async #commit(table: Table, change: RowChange, rowsAfter: (before: readonly Place[]) => readonly Place[]) {
    const before = new Set(table.metadata.snapshots.map((snapshot) => snapshot['snapshot-id']))
    try {
      await table.commit(change)
    } finally {
      await table.refresh()
      for (const snapshot of table.metadata.snapshots) {
        const id = snapshot['snapshot-id']
        if (before.has(id) || this.#states.has(id)) continue
        const parent = this.#states.get(snapshot['parent-snapshot-id'] ?? 0)
        this.#states.set(id, { rows: rowsAfter(parent?.rows ?? []), schema: table.schema })
      }
      this.#settleOn(table)
    }
  }

  #settleOn(table: Table): void {
    const state = this.#states.get(table.metadata['current-snapshot-id'] ?? 0)
    this.#now = { rows: state?.rows ?? [], schema: table.schema }
  }

  async #append(): Promise<void> {
    const rows = Array.from({ length: 1 + this.#random.below(12) }, () => this.#randomRow())
    const written = await this.#writeData(this.#table, rows)
    await this.#commit(this.#table, { add: written.files }, (before) => [...before, ...written.places])
  }

  async #twoWriters(): Promise<void> {
    const { clock, store } = this
    const other = await openTable(this.#catalog, tableName, { store, clock, uuid: () => this.#uuid() })
    const first = await this.#writeData(this.#table, [this.#randomRow()])
    const second = await this.#writeData(other, [this.#randomRow(), this.#randomRow()])
    await this.#commit(this.#table, { add: first.files }, (before) => [...before, ...first.places])
    // Does not know of the first one yet.
    await this.#commit(other, { add: second.files }, (before) => [...before, ...second.places])
  }

  async #deletePositions(): Promise<void> {
    const base = this.#base()
    const chosen = this.#now.rows.filter(() => this.#random.below(4) === 0)
    if (base === null || chosen.length === 0) return
    const files = await this.#filesOf(chosen)
    const groups = new Map<string, { readonly file: ContentFile; readonly places: Place[] }[]>()
    for (const file of files) {
      // Deletes are written by file or by partition.
      const isOne = this.#random.below(2) === 0
      const key = isOne ? file.path : partitionKey(file.specId, file.partition)
      const places = chosen.filter((place) => place.file === file.path)
      groups.set(key, [...(groups.get(key) ?? []), { file, places }])
    }
    const add: ContentFile[] = []
    for (const group of groups.values()) add.push(await this.#writeDeletes(group))
    const gone = new Set(chosen)
    await this.#commit(this.#table, { add, base }, (before) => before.filter((place) => !gone.has(place)))
  }

  async #overwrite(): Promise<void> {
    const base = this.#base()
    if (base === null || this.#now.rows.length === 0) return
    const { file: path } = pick(this.#random, this.#now.rows)
    const old = this.#now.rows.filter((place) => place.file === path)
    const rows = old.flatMap(({ row }) => {
      if (this.#random.below(5) === 0) return []
      const { columns } = this.#now.schema
      const column = pick(this.#random, columns)
      if (column.name === 'id' || this.#random.below(2) === 0) return [row]
      return [new Map(row).set(column.fieldId!, withIds(column.type, randomValue(column.type, this.#random)))]
    })
    const written = rows.length === 0 ? { files: [], places: [] } : await this.#writeData(this.#table, rows)
    await this.#commit(this.#table, { add: written.files, remove: [path], base }, (before) => [
      ...before.filter((place) => place.file !== path),
      ...written.places,
    ])
  }

  async #compact(): Promise<void> {
    const base = this.#base()
    const snapshot = this.#table.snapshot()
    if (base === null || snapshot === undefined) return
    const { tasks } = await this.#table.plan()
    const chosen = tasks.filter(() => this.#random.below(2) === 0).map((task) => task.file.path)
    if (chosen.length === 0) return
    const old = this.#now.rows.filter((place) => chosen.includes(place.file))
    const written =
      old.length === 0
        ? { files: [], places: [] }
        : await this.#writeData(
            this.#table,
            old.map((place) => place.row),
          )
    const change: RowChange = {
      add: written.files,
      remove: chosen,
      base,
      rewrite: true,
      ...(this.#random.below(2) === 0 ? { sequenceNumber: snapshot['sequence-number'] } : {}),
    }
    await this.#commit(this.#table, change, (before) => [
      ...before.filter((place) => !chosen.includes(place.file)),
      ...written.places,
    ])
  }

  async #evolveColumns(): Promise<void> {
    const random = this.#random
    const { columns } = this.#table.schema
    const free = columns.filter((column) => !['id', 'shop', 'n', 'at'].includes(column.name))
    const column = free.length === 0 ? undefined : pick(random, free)
    const name = `c${this.#nextId++}`
    const changes: SchemaChange[] = [
      { kind: 'add', column: randomColumn(random, name), ...(random.below(2) === 0 ? { at: 'first' } : {}) },
    ]
    if (column !== undefined) {
      changes.push({ kind: 'rename', column: column.name, name })
      changes.push({ kind: 'move', column: column.name, at: { after: pick(random, ['id', 'shop', 'n']) } })
      if (free.length > 2) changes.push({ kind: 'drop', column: column.name })
      const wide = widerType(column.type)
      if (wide !== undefined) {
        changes.push(
          { kind: 'widen', column: column.name, type: wide },
          { kind: 'widen', column: column.name, type: wide },
        )
      }
      if (column.type.kind === 'struct') {
        changes.push({ kind: 'add', parent: column.name, column: { name, type: { kind: 'string' } } })
        const [field] = column.type.fields
        if (column.type.fields.length > 1)
          changes.push({ kind: 'drop', column: `${column.name}.${field!.name}` })
      }
      // A new column under the name of one that is gone has none of its values.
      const dropped = this.#dropped
      if (dropped !== undefined && !columns.some((each) => each.name === dropped)) {
        changes.push({ kind: 'add', column: { name: dropped, type: { kind: 'string' } } })
      }
    }
    const n = columns.find((each) => each.name === 'n')!
    if (n.type.kind === 'int') changes.push({ kind: 'widen', column: 'n', type: { kind: 'long' } })
    const change = pick(random, changes)
    this.steps.push(`${change.kind} ${change.kind === 'add' ? change.column.name : change.column}`)
    if (change.kind === 'drop' && !change.column.includes('.')) this.#dropped = change.column
    await this.#table.evolveSchema([change])
  }

  #dropped: string | undefined

  async #evolvePartitions(): Promise<void> {
    await this.#table.evolvePartitions(this.#randomPartitions(this.#table.schema.columns))
  }

  async #rewriteManifests(): Promise<void> {
    const before = this.#base()
    try {
      await rewriteManifests(this.#table)
    } finally {
      await this.#noteSame(before)
    }
  }

  /** A snapshot with the rows of the one before. */
  async #noteSame(before: number | null): Promise<void> {
    await this.#table.refresh()
    const head = this.#base()
    if (head === null || head === before || this.#states.has(head)) return
    this.#states.set(head, { rows: this.#states.get(before ?? 0)?.rows ?? [], schema: this.#table.schema })
  }

  async #expire(): Promise<void> {
    await expireSnapshots(this.#table, {
      maxAgeMs: this.#random.below(10) * hourMs,
      keepLast: 1 + this.#random.below(4),
    })
  }

  async #orphans(): Promise<void> {
    await this.clock.advance(hourMs)
    await removeOrphans(this.#table, { minAgeMs: hourMs / 2 })
  }

  #base(): number | null {
    return this.#table.snapshot()?.['snapshot-id'] ?? null
  }

  #randomRow(): ModelRow {
    const id = this.#nextId++
    return new Map(
      this.#table.schema.columns.map((column) => [
        column.fieldId!,
        column.name === 'id' ? BigInt(id) : withIds(column.type, randomValue(column.type, this.#random)),
      ]),
    )
  }

  #randomPartitions(columns: readonly LakeColumn[]): PartitionBy[] {
    const random = this.#random
    const at = columns.find((column) => column.name === 'at')!
    const options: PartitionBy[] = [
      { column: 'shop', transform: 'identity' },
      { column: 'shop', transform: `truncate[${1 + random.below(3)}]` },
      { column: 'id', transform: `bucket[${2 + random.below(3)}]` },
      { column: 'n', transform: 'bucket[3]' },
      { column: 'n', transform: 'truncate[1000000000]' },
      {
        column: 'at',
        transform: pick(random, at.type.kind === 'date' ? ['year', 'month'] : ['year', 'month', 'hour']),
      },
      { column: 'shop', transform: 'bucket[2]' },
    ]
    const chosen = options.filter(() => random.below(9) === 0).slice(0, 2)
    const seen = new Set<string>()
    // Two fields of one column and kind would have one name.
    return chosen.filter(({ column, transform }) => {
      const kind = `${column} ${transform.replace(/\[.*/, '')}`
      return !seen.has(kind) && seen.add(kind)
    })
  }

  async #writeData(table: Table, rows: readonly ModelRow[]) {
    const { schema, metadata, spec } = table
    const partitioner = partitionerOf(metadata)
    const groups = new Map<string, { readonly partition: PartitionTuple; readonly rows: ModelRow[] }>()
    for (const row of rows) {
      const partition = partitioner.of(plainRow(schema, row))
      const key = partitionKey(spec['spec-id'], partition)
      const group = groups.get(key) ?? { partition, rows: [] }
      group.rows.push(row)
      groups.set(key, group)
    }
    const files: ContentFile[] = []
    const places: Place[] = []
    for (const { partition, rows: group } of groups.values()) {
      const url = table.urlOf(table.dataKey(spec, partition, `f${this.#files++}.parquet`))
      const parquet = await this.#put(
        table,
        url,
        schema,
        group.map((row) => plainRow(schema, row)),
      )
      files.push(describeData(metadata, { url, parquet, spec, partition }))
      for (const [position, row] of group.entries()) places.push({ file: url, position, row })
    }
    return { files, places }
  }

  async #writeDeletes(group: readonly { readonly file: ContentFile; readonly places: readonly Place[] }[]) {
    const table = this.#table
    const { specId, partition } = group[0]!.file
    const spec = table.metadata['partition-specs'].find((each) => each['spec-id'] === specId)!
    const url = table.urlOf(table.dataKey(spec, partition, `d${this.#files++}.parquet`))
    const rows = group
      .flatMap(({ places }) => places)
      .sort((a, b) => Buffer.compare(Buffer.from(a.file), Buffer.from(b.file)) || a.position - b.position)
      .map((place) => [place.file, BigInt(place.position)])
    const parquet = await this.#put(table, url, positionDeleteSchema, rows)
    return describePositionDeletes(
      { url, parquet, spec, partition },
      group.map(({ file }) => file.path),
    )
  }

  async #put(table: Table, url: string, schema: LakeSchema, rows: readonly (readonly unknown[])[]) {
    const collected = this.#writer.rows(schema)
    try {
      for (const row of rows) collected.add(row)
      const path = join(this.#dir, `part-${this.#files++}.parquet`)
      const compression = pick(this.#random, ['SNAPPY', 'GZIP', 'ZSTD', 'UNCOMPRESSED'] as const)
      const parquet = await collected.write(path, { compression })
      try {
        await table.store.put(table.keyOf(url), { file: path, isMove: true })
      } finally {
        rmSync(path, { force: true })
      }
      return parquet
    } finally {
      collected.close()
    }
  }

  async #filesOf(places: readonly Place[]): Promise<ContentFile[]> {
    const paths = new Set(places.map((place) => place.file))
    return (await this.#table.plan()).tasks.map((task) => task.file).filter((file) => paths.has(file.path))
  }
}

/** The schema that a metadata file says a snapshot had. */
export function schemaOfSnapshot(metadataPath: string, snapshotId: number): LakeSchema {
  const metadata = JSON.parse(readFileSync(metadataPath, 'utf8'))
  const snapshot = metadata.snapshots.find(
    (each: { 'snapshot-id': number }) => each['snapshot-id'] === snapshotId,
  )
  return toLakeSchema(
    metadata.schemas.find((each: { 'schema-id': number }) => each['schema-id'] === snapshot['schema-id']),
  )
}

function texts({ rows, schema }: State): string[] {
  return rows
    .map(({ row }) => {
      const plain = plainRow(schema, row)
      return JSON.stringify(schema.columns.map((column, i) => canonical(column.type, plain[i])))
    })
    .sort()
}

/** Fields of structs are kept by their ids as well, since they come and go. */
function withIds(type: LakeType, value: unknown): unknown {
  if (value === null || type.kind !== 'struct') return value
  return new Map(type.fields.map((field, i) => [field.fieldId!, (value as unknown[])[i]]))
}

function plainRow(schema: LakeSchema, row: ModelRow): unknown[] {
  return schema.columns.map(({ type, fieldId }) => {
    const value = row.get(fieldId!) ?? null
    // Structs are maps by field id in the model.
    if (type.kind !== 'struct' || value === null) return widenedValue(type, value)
    const fields = value as ReadonlyMap<number, unknown>
    return type.fields.map((field) => fields.get(field.fieldId!) ?? null)
  })
}

/** What was written as an int is a number, and a long is given as a bigint. */
function widenedValue(type: LakeType, value: unknown): unknown {
  return type.kind === 'long' && typeof value === 'number' ? BigInt(value) : value
}

function widerType(type: LakeType): LakeType | undefined {
  switch (type.kind) {
    case 'int':
      return { kind: 'long' }
    case 'float':
      return { kind: 'double' }
    case 'decimal':
      return type.precision < 30 ? { ...type, precision: type.precision + 9 } : undefined
    default:
      return undefined
  }
}
