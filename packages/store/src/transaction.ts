/**
 * One commit in the making: stamps it, appends batches, collects item puts, and keeps the counters until the end.
 *
 * Runs inside a write transaction of LMDB, so what it reads is the latest commit and nobody else writes meanwhile.
 * The commit number is the stored one plus one; the time is the clock's, floored to whole ms, but never below the stored
 * one: several threads (and a clock that was set back) still give one order. Both are stored by `finish`.
 */
import { BatchBuilder } from './batch-builder.ts'
import { type Catalog, checkName, type StreamEntry, type TableRecord } from './catalog.ts'
import type { Environment } from './environment.ts'
import { StoreError } from './errors.ts'
import { type Head, readClock, readHead, writeClock, writeHead } from './heads.ts'
import { ItemWrites, itemKey, readItem, scanItems } from './items.ts'
import { logKey, stageKey } from './layout.ts'
import { BATCH_BYTES_TARGET, BATCH_RECORDS_MAX, BLOB_BYTES_MAX } from './limits.ts'
import type {
  AppendRecord,
  EncodedItem,
  ItemEncoding,
  KeyValue,
  RecordBatchBuilder,
  ScanOptions,
  StoredItem,
  TableEntry,
  Transaction,
} from './port.ts'
import { batchBytes, encodeBatch } from './record-batch.ts'
import { putState, removeState, trimState } from './state.ts'

/** Buffers that one thread's commits share. */
export class TransactionScratch {
  batch = new Uint8Array(BATCH_BYTES_TARGET * 2)
  readonly items = new Map<TableRecord, ItemWrites>()
  readonly builders: BatchBuilder[] = []
}

interface TouchedHead {
  readonly stream: StreamEntry
  readonly shard: number
  readonly head: Head
}

export class StoreTransaction implements Transaction {
  readonly commit: number
  readonly time: number
  /** True once something was written: only then does the commit count. */
  wrote = false
  readonly #environment: Environment
  readonly #catalog: Catalog
  readonly #scratch: TransactionScratch
  readonly #heads = new Map<string, TouchedHead>()
  /** Tables whose settings this transaction has changed. */
  readonly #changed = new Map<string, TableEntry>()
  readonly #endings: (() => void)[] = []
  #stateIndex = 0
  #over = false
  /** The first error of the storage engine; work that swallows it must not commit. */
  #failure: unknown

  constructor(environment: Environment, catalog: Catalog, scratch: TransactionScratch, nowMs: number) {
    this.#environment = environment
    this.#catalog = catalog
    this.#scratch = scratch
    const clock = readClock(environment.meta)
    this.commit = clock.commit + 1
    this.time = Math.max(Math.floor(nowMs), clock.time)
  }

  routeHash(stream: string, hash: Uint32Array): number {
    return this.#stream(stream).layout.routeHash(hash)
  }

  isOpen(stream: string, shard: number): boolean {
    const entry = this.#stream(stream)
    checkShard(entry, shard)
    return entry.layout.isOpen(shard)
  }

  append(stream: string, records: readonly AppendRecord[]): { shard: number; sequence: number }[] {
    const entry = this.#stream(stream)
    const builders = new Map<number, BatchBuilder>()
    const placed = records.map((record) => {
      const { key, data, hash } = record
      const shard =
        record.shard ??
        (hash === undefined ? entry.layout.route(key, 0, key.length) : entry.layout.routeHash(hash))
      if (record.shard !== undefined) checkOpen(entry, shard)
      let builder = builders.get(shard)
      if (builder === undefined) {
        builder = this.#scratch.builders.pop() ?? new BatchBuilder()
        builder.reset()
        builders.set(shard, builder)
      }
      builder.add(key, 0, key.length, data, 0, data.length, record.originTime ?? 0)
      return { shard, sequence: builder.count - 1 }
    })
    const first = new Map<number, number>()
    for (const [shard, builder] of builders) {
      first.set(shard, this.appendBatch(stream, shard, builder))
      this.#scratch.builders.push(builder)
    }
    for (const place of placed) place.sequence += first.get(place.shard)!
    return placed
  }

  appendBatch(stream: string, shard: number, builder: RecordBatchBuilder): number {
    const entry = this.#stream(stream)
    if (!(builder instanceof BatchBuilder)) {
      throw new StoreError(
        'STORE_OPTION_INVALID',
        'appendBatch takes a builder made by this store. Call builder().',
      )
    }
    checkShard(entry, shard)
    if (!entry.layout.isOpen(shard)) return this.#appendElsewhere(entry, builder)
    const head = this.#head(entry, shard)
    const first = head.next
    for (let from = 0; from < builder.count; ) {
      const to = batchEnd(builder, from)
      const room = batchBytes(builder, from, to)
      if (room > this.#scratch.batch.length) this.#scratch.batch = new Uint8Array(room)
      const key = logKey(entry.id, shard, head.next)
      const size = encodeBatch(
        this.#scratch.batch,
        key,
        builder,
        { from, to },
        { commit: this.commit, arrivalTime: this.time },
      )
      this.#put(() => this.#environment.log.putSync(key, this.#scratch.batch.subarray(0, size)))
      head.next += to - from
      from = to
    }
    head.bytes += builder.byteLength
    return first
  }

  /** The shard that the records were routed to was closed since: they are routed anew. */
  #appendElsewhere(entry: StreamEntry, routed: BatchBuilder): number {
    const builders = new Map<number, BatchBuilder>()
    let first: number | undefined
    for (let i = 0; i < routed.count; i++) {
      const keyStart = i === 0 ? 0 : routed.keyEnd[i - 1]!
      const dataStart = i === 0 ? 0 : routed.dataEnd[i - 1]!
      const shard = entry.layout.route(routed.keys, keyStart, routed.keyEnd[i]!)
      first ??= shard
      const builder = builders.get(shard) ?? new BatchBuilder()
      builders.set(shard, builder)
      const { keys, data, keyEnd, dataEnd, origin } = routed
      builder.add(keys, keyStart, keyEnd[i]!, data, dataStart, dataEnd[i]!, origin[i]!)
    }
    let sequence = 0
    for (const [shard, builder] of builders) {
      const from = this.appendBatch(entry.name, shard, builder)
      if (shard === first) sequence = from
    }
    return sequence
  }

  putItem(
    table: string,
    partitionKey: KeyValue,
    sortKey: KeyValue | undefined,
    json: Uint8Array,
    encoding: ItemEncoding = 'json',
  ): void {
    this.#writes(this.#table(table)).put(partitionKey, sortKey, json, encoding)
    this.wrote = true
  }

  deleteItem(table: string, partitionKey: KeyValue, sortKey: KeyValue | undefined): boolean {
    const record = this.#settled(table)
    const key = itemKey(record, partitionKey, sortKey)
    if (!record.items.doesExist(key)) return false
    this.#put(() => record.items.removeSync(key))
    return true
  }

  getItem(table: string, partitionKey: KeyValue, sortKey: KeyValue | undefined): Uint8Array | undefined {
    return this.readItem(table, partitionKey, sortKey)?.json
  }

  readItem(table: string, partitionKey: KeyValue, sortKey: KeyValue | undefined): EncodedItem | undefined {
    const record = this.#settled(table)
    return readItem(record, itemKey(record, partitionKey, sortKey))
  }

  scan(table: string, options: ScanOptions = {}): Iterable<StoredItem> {
    return scanItems({ environment: this.#environment, current: () => this.#settled(table) }, options)
  }

  table(name: string): TableEntry | undefined {
    this.#checkOpen()
    return this.#changed.get(name) ?? this.#catalog.tables.get(name)?.entry
  }

  setTableSettings(name: string, settings: unknown): void {
    this.#table(name)
    this.#put(() => this.#changed.set(name, this.#catalog.setTableSettings(name, settings)))
  }

  /** True if other threads have to look at the catalog anew. */
  get changedCatalog(): boolean {
    return this.#changed.size > 0
  }

  atEnd(work: () => void): void {
    this.#checkOpen()
    this.#endings.push(work)
  }

  dropStage(stage: string): void {
    this.#checkOpen()
    checkName('stage', stage)
    this.#put(() => this.#environment.meta.removeSync(stageKey(stage)))
  }

  setStage(stage: string, value: Uint8Array): void {
    this.#checkOpen()
    checkName('stage', stage)
    if (value.length >= BLOB_BYTES_MAX) {
      throw new StoreError(
        'STORE_BLOB_TOO_LARGE',
        `the record of stage "${stage}" has ${value.length} bytes, allowed are less than ${BLOB_BYTES_MAX}. Keep large state in blobs.`,
      )
    }
    this.#put(() => this.#environment.meta.putSync(stageKey(stage), value))
  }

  appendState(stage: string, operator: string, blob: Uint8Array, liveUntil: number | null): void {
    this.#checkState(stage, operator)
    const place = { kind: 'change', commit: this.commit, index: this.#stateIndex++, liveUntil } as const
    this.#put(() => putState(this.#environment.state, stage, operator, place, blob))
  }

  replaceState(stage: string, operator: string, chunks: readonly Uint8Array[]): void {
    this.#checkState(stage, operator)
    this.#put(() => {
      removeState(this.#environment.state, stage, operator)
      for (const chunk of chunks) {
        const place = {
          kind: 'snapshot',
          commit: this.commit,
          index: this.#stateIndex++,
          liveUntil: null,
        } as const
        putState(this.#environment.state, stage, operator, place, chunk)
      }
    })
  }

  trimState(stage: string, operator: string, time: number): number {
    this.#checkState(stage, operator)
    let freed = 0
    this.#put(() => {
      freed = trimState(this.#environment.state, stage, operator, time)
    })
    return freed
  }

  dropState(stage: string, operator: string): void {
    this.#checkState(stage, operator)
    this.#put(() => removeState(this.#environment.state, stage, operator))
  }

  /** Writes what was collected and the counters. The work function is done. */
  finish(): void {
    for (const work of this.#endings) work()
    if (this.#failure !== undefined) throw this.#failure
    for (const writes of this.#scratch.items.values()) writes.apply()
    for (const { stream, shard, head } of this.#heads.values()) {
      writeHead(this.#environment.meta, stream.id, shard, head)
    }
    if (this.wrote) writeClock(this.#environment.meta, { commit: this.commit, time: this.time })
  }

  /** After the commit or its failure: the object is of no more use, and collected items must not reach a later commit. */
  end(): void {
    this.#over = true
    for (const [table, writes] of this.#scratch.items) {
      writes.reset()
      // The arenas of a table that was changed or deleted are not kept.
      if (this.#catalog.tables.get(table.entry.name) !== table) this.#scratch.items.delete(table)
    }
  }

  #checkOpen(): void {
    if (!this.#over) return
    throw new StoreError(
      'STORE_TRANSACTION_OVER',
      `the transaction of commit ${this.commit} has ended. Use a transaction only inside the work function it was given to.`,
    )
  }

  #checkState(stage: string, operator: string): void {
    this.#checkOpen()
    checkName('stage', stage)
    checkName('operator', operator)
  }

  #stream(name: string): StreamEntry {
    this.#checkOpen()
    return this.#catalog.stream(name)
  }

  #table(name: string): TableRecord {
    this.#checkOpen()
    return this.#catalog.table(name)
  }

  #head(stream: StreamEntry, shard: number): Head {
    const id = `${stream.id}/${shard}`
    let touched = this.#heads.get(id)
    if (touched === undefined) {
      touched = { stream, shard, head: readHead(this.#environment.meta, stream.id, shard) }
      this.#heads.set(id, touched)
    }
    return touched.head
  }

  #writes(table: TableRecord): ItemWrites {
    let writes = this.#scratch.items.get(table)
    if (writes === undefined) {
      writes = new ItemWrites(table)
      this.#scratch.items.set(table, writes)
    }
    return writes
  }

  /** The table with the puts of this transaction in its tree. */
  #settled(name: string): TableRecord {
    const table = this.#table(name)
    const writes = this.#scratch.items.get(table)
    if (writes !== undefined) this.#guard(() => writes.apply())
    return table
  }

  #put(write: () => void): void {
    this.#guard(write)
    this.wrote = true
  }

  #guard(write: () => void): void {
    try {
      write()
    } catch (error) {
      // What the store itself refuses was not written; only a failure of the engine spoils the transaction.
      if (!(error instanceof StoreError)) this.#failure ??= error
      throw error
    }
  }
}

export function checkShard(stream: StreamEntry, shard: number): void {
  const { length } = stream.layout.shards
  if (Number.isInteger(shard) && shard >= 0 && shard < length) return
  throw new StoreError(
    'STORE_UNKNOWN_SHARD',
    `stream "${stream.name}" has shards 0 to ${length - 1}, not ${shard}. Use one of these, or route by key.`,
  )
}

function checkOpen(stream: StreamEntry, shard: number): void {
  checkShard(stream, shard)
  if (stream.layout.isOpen(shard)) return
  throw new StoreError(
    'STORE_SHARD_CLOSED',
    `shard ${shard} of stream "${stream.name}" is closed; open are ${stream.layout.open().join(', ')}. Route by key, or name one of these.`,
  )
}

/** End of the batch that begins with record `from`: as many records as fit the target, at least one. */
function batchEnd(builder: BatchBuilder, from: number): number {
  let to = from + 1
  while (
    to < builder.count &&
    to - from < BATCH_RECORDS_MAX &&
    batchBytes(builder, from, to + 1) <= BATCH_BYTES_TARGET
  ) {
    to++
  }
  return to
}
