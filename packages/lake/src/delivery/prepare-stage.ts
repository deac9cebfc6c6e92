/**
 * The stage of a delivery that runs its transform function: reads the source in batches, by size and by age, lets the function look
 * at them, and appends what comes out to the stream of prepared records, in the transaction that moves the position. So each record
 * is transformed once as far as anybody can see, though the function may be called again after a stop, and what follows depends on a
 * log alone.
 *
 * A few batches are at work at the same time; they are committed in their order. Records of an edition without a function pass.
 * Ledger: filtered are records that were dropped whole, out all others; errors counts rows that failed, which go on to the error
 * objects by way of the same stream.
 */
import {
  BackPressure,
  Ledger,
  putDeadStretch,
  readStageRecordOf,
  refuseReplaced,
  type Stage,
  type StageContext,
  type StepResult,
  type Stretch,
  sayStretch,
  writeStageRecord,
} from '@millrace/runtime'
import { type AppendRecord, RECORD_DATA_BYTES_MAX, type RecordBatch } from '@millrace/store'
import { AggregateReader, formatShardId, hasAggregateMagic } from '@millrace/values'
import {
  deliveriesTable,
  type Edition,
  editionAt,
  readDelivery,
  type StoredDelivery,
} from './delivery-items.ts'
import type { Unpack } from './delivery-output.ts'
import type { Transformer } from './delivery-port.ts'
import { type ChainPlace, firstInputs } from './input-chain.ts'
import { writePrepared } from './prepared-record.ts'
import { StageReading } from './stage-reading.ts'
import { callTransform, type RowOutcomeOf, type TransformScope } from './transform-call.ts'
import type { TransformRow } from './transform-row.ts'

/** Batches that are at work at the same time. */
const batchesMax = 4
const readRecords = 4_096

export interface PrepareStageInit {
  readonly name: string
  readonly chain: ChainPlace
  readonly delivery: StoredDelivery
  /** Records of the source may be aggregates of many. */
  readonly mayBeAggregates: boolean
  readonly deliveryArn: string
  readonly sourceArn: string | undefined
  readonly region: string
  transformer(functionName: string): Transformer | undefined
  unpack(edition: Edition): Unpack | undefined
  sequenceNumber(batch: RecordBatch, index: number): string | null
  settleChain(): void
}

/** A row of a batch, or one that failed before the function saw it. */
interface PreparingRow {
  readonly row: TransformRow
  readonly key: Uint8Array
  readonly originTime: number
  readonly fault: Exclude<ReturnType<Unpack>, readonly Uint8Array[]> | undefined
}

interface Batch {
  readonly edition: Edition
  readonly openedAt: number
  readonly rows: PreparingRow[]
  readonly stretches: Stretch[]
  bytes: number
  /** Log records. */
  records: number
  /** By record: index of its first row, so that what became of it can be told. */
  readonly firstRows: number[]
  /** Positions after it. */
  to: number[]
  state: 'open' | 'running' | 'done' | 'stopped'
  outcomes: readonly RowOutcomeOf[]
}

export class PrepareStage implements Stage {
  readonly kind = 'delivery'
  readonly name: string
  private readonly init: PrepareStageInit
  private readonly context: StageContext
  private readonly pressure: BackPressure
  private readonly aggregates = new AggregateReader()
  private readonly transformers = new Map<string, Transformer | undefined>()
  private readonly unpacks = new Map<number, Unpack | undefined>()
  private readonly decoder = new TextDecoder()
  private delivery: StoredDelivery
  private item: Uint8Array | undefined
  private reading!: StageReading
  private ledger = new Ledger()
  /** Positions as committed. */
  private committed: number[] = []
  /** In order; only the last one is open. */
  private batches: Batch[] = []
  private isFlushing = false
  private isGone = false
  private ready: (() => void) | undefined

  constructor(init: PrepareStageInit, context: StageContext) {
    this.name = init.name
    this.init = init
    this.context = context
    this.delivery = init.delivery
    const { preparedStream, stage } = init.chain
    const readers = new Map([[preparedStream, [stage]]])
    this.pressure = new BackPressure(context.store, readers, context.limits.unreadBytesMax)
  }

  async open(): Promise<void> {
    const { store } = this.context
    this.init.settleChain()
    const record = readStageRecordOf('delivery', this.name, store.getStage(this.name))
    if (record !== undefined) this.ledger = new Ledger(record.ledger)
    const inputs = firstInputs(this.init.chain, false)
    this.reading = new StageReading(store, inputs, record && { ...record, places: undefined })
    refuseReplaced(record?.made, this.reading.made())
    this.committed = [...this.reading.read]
    this.refresh()
    if (record === undefined && !this.isGone) this.commit([])
  }

  async step(): Promise<StepResult> {
    const { stopping, clock } = this.context
    const isStopping = stopping.aborted || this.isGone
    let worked = this.commitDone()
    if (!isStopping) {
      this.refresh()
      const read = this.read()
      worked = read || worked
      const open = this.openBatch()
      const due = open !== undefined && (clock.now() >= this.dueAt(open) || (this.isFlushing && !read))
      if (open !== undefined && due) this.closeBatch(open)
      worked = due || worked
    }
    if (worked) return 'worked'
    return isStopping && this.running() === 0 ? 'done' : 'idle'
  }

  dueInMs(): number {
    if (this.context.stopping.aborted || this.isGone) return Number.POSITIVE_INFINITY
    const open = this.openBatch()
    return open === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(0, this.dueAt(open) - this.context.clock.now())
  }

  onReady(callback: () => void): void {
    if (this.batches[0]?.state === 'done') callback()
    else this.ready = callback
  }

  busy(): boolean {
    return this.running() > 0
  }

  flush(): void {
    this.isFlushing = true
    this.wake()
  }

  async close(): Promise<void> {
    for (const transformer of this.transformers.values()) await transformer?.close()
  }

  private running(): number {
    return this.batches.filter(({ state }) => state === 'running').length
  }

  private openBatch(): Batch | undefined {
    const last = this.batches.at(-1)
    return last?.state === 'open' ? last : undefined
  }

  private dueAt({ openedAt, edition }: Batch): number {
    return openedAt + (edition.settings.transform?.bufferMs ?? 0)
  }

  private refresh(): void {
    const { store } = this.context
    const item = store.getItem(deliveriesTable.name, this.delivery.name)
    if (item !== undefined && this.item !== undefined && Buffer.compare(item, this.item) === 0) return
    const stored = readDelivery(store, this.delivery.name)
    if (item === undefined || stored?.id !== this.delivery.id) {
      this.isGone = true
      return
    }
    this.item = new Uint8Array(item)
    this.delivery = stored
  }

  /** Reads on; true if there was anything. */
  private read(): boolean {
    if (this.batches.length >= batchesMax && this.openBatch() === undefined) return false
    if (this.pressure.blocked()) return false
    const { reading } = this
    const open = this.openBatch()
    const room = open === undefined ? this.bufferBytes(this.delivery.editions.at(-1)!) : this.room(open)
    const pieces = reading.take(readRecords, Math.max(1, room))
    for (const piece of pieces) {
      const place = reading.placeOf(piece)
      if (piece.kind === 'stretch') {
        const { editions } = this.delivery
        const batch = this.openBatch() ?? this.begin(editions.at(-1)!)
        batch.stretches.push(piece)
        reading.read[place] = piece.to
        continue
      }
      const { batch, from, to } = piece
      const edition = editionAt(this.delivery.editions, batch.arrivalTime)
      for (let index = from; index < to; index++) {
        const open = this.take(edition, batch, index)
        // What a batch covers ends with its last record.
        reading.read[place] = batch.firstSequence + index + 1
        if (open.bytes >= this.bufferBytes(edition)) this.closeBatch(open)
      }
      const bytes = batch.dataStart[to]! - batch.dataStart[from]!
      const { deliveryMeter } = this.context
      deliveryMeter.observe('DataReadFromKinesisStream.Records', to - from)
      deliveryMeter.observe('DataReadFromKinesisStream.Bytes', bytes)
    }
    return pieces.length > 0
  }

  private bufferBytes({ settings }: Edition): number {
    return settings.transform?.bufferBytes ?? 1024 * 1024
  }

  private room({ bytes, edition }: Batch): number {
    return this.bufferBytes(edition) - bytes
  }

  private begin(edition: Edition): Batch {
    const batch: Batch = {
      edition,
      openedAt: this.context.clock.now(),
      rows: [],
      stretches: [],
      bytes: 0,
      records: 0,
      firstRows: [],
      to: [],
      state: 'open',
      outcomes: [],
    }
    this.batches.push(batch)
    return batch
  }

  /** Takes a record of the log into the open batch, or into a new one where it does not fit or has other settings. */
  private take(edition: Edition, batch: RecordBatch, index: number): Batch {
    let open = this.openBatch()
    const start = batch.dataStart[index]!
    const end = batch.dataStart[index + 1]!
    if (open !== undefined && open.edition.version !== edition.version) {
      this.closeBatch(open)
      open = undefined
    }
    if (open !== undefined && open.rows.length > 0 && open.bytes + end - start > this.bufferBytes(edition)) {
      this.closeBatch(open)
      open = undefined
    }
    open ??= this.begin(edition)
    open.firstRows.push(open.rows.length)
    open.records++
    const { bytes } = batch
    const isAggregate = this.init.mayBeAggregates && hasAggregateMagic(bytes, start, end)
    if (!isAggregate || this.aggregates.read(bytes, start, end) === 'plain')
      this.unpack(open, batch, index, bytes.subarray(start, end))
    else {
      const { aggregates } = this
      for (let i = 0; i < aggregates.count; i++)
        this.unpack(open, batch, index, bytes.subarray(aggregates.dataStart(i), aggregates.dataEnd(i)))
    }
    return open
  }

  private unpack(open: Batch, batch: RecordBatch, index: number, data: Uint8Array): void {
    const unpack = this.unpackOf(open.edition)
    const unpacked = unpack?.(data) ?? [data]
    const { bytes, keyStart } = batch
    const key = bytes.subarray(keyStart[index]!, keyStart[index + 1]!)
    const originTime = batch.originTime(index)
    const add = (data: Uint8Array, fault: PreparingRow['fault']): void => {
      // Rows of a record are numbered through, whatever they came out of.
      const sub = open.rows.length - open.firstRows.at(-1)!
      open.rows.push({ row: this.rowOf(batch, index, data, sub), key, originTime, fault })
      open.bytes += data.length
    }
    if ('code' in unpacked) add(data, unpacked)
    else if (unpacked.some((part) => part.length > RECORD_DATA_BYTES_MAX)) add(data, partTooLarge)
    else for (const part of unpacked) add(part, undefined)
  }

  private unpackOf(edition: Edition): Unpack | undefined {
    if (!this.unpacks.has(edition.version)) this.unpacks.set(edition.version, this.init.unpack(edition))
    return this.unpacks.get(edition.version)
  }

  private rowOf(batch: RecordBatch, index: number, data: Uint8Array, sub: number): TransformRow {
    const number = this.init.sequenceNumber(batch, index)
    const subText = String(sub).padStart(6, '0')
    const sequence = batch.firstSequence + index
    if (number === null) {
      const recordId = `${String(batch.shard).padStart(4, '0')}${String(sequence).padStart(16, '0')}${subText}`
      return { recordId, arrivedAt: batch.arrivalTime, data, kinesis: undefined }
    }
    const { bytes, keyStart } = batch
    return {
      recordId: number + subText,
      arrivedAt: batch.arrivalTime,
      data,
      kinesis: {
        sequenceNumber: number,
        subsequenceNumber: sub,
        partitionKey: this.decoder.decode(bytes.subarray(keyStart[index]!, keyStart[index + 1]!)),
        shardId: formatShardId(batch.shard),
      },
    }
  }

  /** Nothing more comes into the batch: the function is called. */
  private closeBatch(batch: Batch): void {
    batch.to = [...this.reading.read]
    batch.state = 'running'
    void this.run(batch)
  }

  /** Never rejects. */
  private async run(batch: Batch): Promise<void> {
    const { clock } = this.context
    const { transform } = batch.edition.settings
    const rows = batch.rows.filter(({ fault }) => fault === undefined).map(({ row }) => row)
    if (transform === undefined || rows.length === 0) {
      const endedAt = clock.now()
      const result = { kind: 'ok', data: undefined, keys: undefined } as const
      batch.outcomes = rows.map(() => ({ result, attempts: 1, endedAt }))
      batch.state = 'done'
    } else {
      const outcomes = await callTransform(this.transformerOf(transform.functionName), rows, {
        ...this.scope(),
        retries: transform.retries,
      })
      batch.outcomes = outcomes ?? []
      batch.state = outcomes === undefined ? 'stopped' : 'done'
    }
    this.wake()
  }

  private transformerOf(functionName: string): Transformer | undefined {
    if (!this.transformers.has(functionName))
      this.transformers.set(functionName, this.init.transformer(functionName))
    return this.transformers.get(functionName)
  }

  private scope(): Omit<TransformScope, 'retries'> {
    const { clock, random, limits, stopping, deliveryMeter } = this.context
    const { deliveryArn, sourceArn, region } = this.init
    return {
      deliveryArn,
      sourceArn,
      region,
      clock,
      random,
      limits,
      signal: stopping,
      ended: (durationMs, isGood) => {
        deliveryMeter.observe('ExecuteProcessing.Duration', durationMs)
        deliveryMeter.observe('ExecuteProcessing.Success', isGood ? 1 : 0)
      },
    }
  }

  /** Commits the batches at the front that are done. */
  private commitDone(): boolean {
    const running = this.batches.findIndex(({ state }) => state !== 'done')
    const done = running < 0 ? this.batches : this.batches.slice(0, running)
    if (done.length === 0) return false
    this.commit(done)
    this.batches = this.batches.slice(done.length)
    return true
  }

  private commit(batches: readonly Batch[]): void {
    const { store, clock, deliveryMeter } = this.context
    const { preparedStream } = this.init.chain
    const { transformArn } = this
    const records: AppendRecord[] = []
    let bytes = 0
    for (const batch of batches)
      for (const record of preparedOf(batch, transformArn(batch))) records.push(record)
    for (const { data } of records) bytes += data.length
    const isWritten = store.commit((transaction) => {
      if (readDelivery(transaction, this.delivery.name)?.id !== this.delivery.id) return false
      if (records.length > 0) transaction.append(preparedStream, records)
      for (const batch of batches) {
        for (const stretch of batch.stretches) putDeadStretch(transaction, this.name, stretch, clock.now())
        this.settle(batch)
      }
      this.committed = batches.at(-1)?.to ?? this.committed
      const { reading } = this
      transaction.setStage(
        this.name,
        writeStageRecord({
          kind: 'delivery',
          ledger: this.ledger.counts(),
          streams: streamsOf(reading, this.committed),
          earlier: 0,
          inFlight: 0,
          made: reading.made(),
        }),
      )
      return true
    })
    if (!isWritten) this.isGone = true
    this.pressure.add(bytes)
    if (records.length === 0) return
    const { rows, size } = succeeded(batches)
    deliveryMeter.observe('SucceedProcessing.Records', rows)
    deliveryMeter.observe('SucceedProcessing.Bytes', size)
  }

  private readonly transformArn = (batch: Batch): string | undefined => {
    const { transform } = batch.edition.settings
    return transform && this.transformers.get(transform.functionName)?.arn
  }

  private settle(batch: Batch): void {
    const { ledger } = this
    const { rows, firstRows, outcomes } = batch
    const kept = keptRows(batch)
    for (let i = 0; i < firstRows.length; i++) {
      const end = firstRows[i + 1] ?? rows.length
      let isKept = false
      for (let row = firstRows[i]!; row < end; row++) isKept ||= kept[row]!
      if (isKept) ledger.out++
      else ledger.filtered++
    }
    ledger.emitted += kept.filter(Boolean).length
    ledger.errors +=
      rows.filter(({ fault }) => fault !== undefined).length +
      outcomes.filter(({ result }) => result.kind === 'failed').length
    for (const stretch of batch.stretches) {
      ledger.dead += stretch.to - stretch.from
      sayStretch(this.context.warnings, this.name, stretch)
    }
  }

  private wake(): void {
    const { ready } = this
    this.ready = undefined
    ready?.()
  }
}

/** A part goes on through a log, whether it is transformed or fails. */
const partTooLarge: PreparingRow['fault'] = {
  type: 'decompression-failed',
  code: 'Decompression.TooLarge',
  message: `a part of the record has more than ${RECORD_DATA_BYTES_MAX} bytes unpacked`,
}
/** Of what a function says of its failure: the rest of a message is no help, and has to fit beside the record. */
const messageLengthMax = 8_000

/** What functions have transformed. */
function succeeded(batches: readonly Batch[]): { readonly rows: number; readonly size: number } {
  let rows = 0
  let size = 0
  for (const { outcomes, edition } of batches) {
    if (edition.settings.transform === undefined) continue
    for (const { result } of outcomes) {
      if (result.kind !== 'ok') continue
      rows++
      size += result.data?.length ?? 0
    }
  }
  return { rows, size }
}

/** By row: whether it goes on, transformed or failed. */
function keptRows({ rows, outcomes }: Batch): boolean[] {
  let next = 0
  return rows.map(({ fault }) => fault !== undefined || outcomes[next++]!.result.kind !== 'dropped')
}

function preparedOf({ rows, outcomes }: Batch, lambdaArn: string | undefined): AppendRecord[] {
  const records: AppendRecord[] = []
  let next = 0
  for (const { row, key, originTime, fault } of rows) {
    const { arrivedAt, data } = row
    const append = (bytes: Uint8Array): void => void records.push({ key, data: bytes, originTime })
    if (fault !== undefined) {
      const message = fault.message.slice(0, messageLengthMax)
      const failure = { ...fault, message, attempts: 1, endedAt: arrivedAt }
      append(writePrepared({ arrivedAt, failure }, data))
      continue
    }
    const { result, attempts, endedAt } = outcomes[next++]!
    if (result.kind === 'dropped') continue
    if (result.kind === 'ok') {
      const header = result.keys === undefined ? { arrivedAt } : { arrivedAt, keys: result.keys }
      append(writePrepared(header, result.data ?? data))
      continue
    }
    const { code, message, type = 'processing-failed' } = result
    const failure = {
      type,
      code,
      message: message.slice(0, messageLengthMax),
      attempts,
      endedAt,
      ...(lambdaArn === undefined ? {} : { lambdaArn }),
    }
    append(writePrepared({ arrivedAt, failure }, data))
  }
  return records
}

/** All that was read is committed, up to these positions. */
function streamsOf(reading: StageReading, committed: readonly number[]) {
  const { streams } = reading.positions(committed.length === 0 ? reading.read : committed)
  return Object.fromEntries(
    Object.entries(streams).map(([stream, shards]) => [
      stream,
      shards.map(({ start, position = start }) => ({ start, position, read: position })),
    ]),
  )
}
