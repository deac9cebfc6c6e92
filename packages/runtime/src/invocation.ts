/**
 * One call of a handler and what it wrote. Writes through tables and `context.emit` are buffered here and applied in the
 * commit that moves the lane's position, or thrown away when the call fails: the handler itself sees neither.
 *
 * Which invocation a table call belongs to is known by AsyncLocalStorage, so that several handlers run at once. The
 * storage sits on globalThis under a registered symbol: app code may have loaded another copy of this module, and its
 * tables must still find the invocation of the stage that called it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { AppendRecord, KeyValue, Store, TableDefinition, Transaction } from '@millrace/store'
import {
  canonicalNumber,
  type ItemChange,
  type ItemKey,
  ItemRejected,
  type ItemTest,
  itemToJson,
  type Tables,
  type TypedItem,
} from '@millrace/tables'
import { bigIntToHash } from '@millrace/values'
import { appendAggregated } from './aggregated-append.ts'
import { RuntimeError, shown } from './errors.ts'
import type { Ledger } from './ledger.ts'
import { type BatchRecord, isBatchRecord } from './stream-record.ts'

/** A buffered table write. */
type TableWrite = { readonly table: string; readonly key: ItemKey; readonly when: ItemTest | undefined } & (
  | {
      readonly kind: 'put'
      readonly json: Uint8Array
      /** The item of the text, where somebody has to look into it. */
      readonly parsed: TypedItem | undefined
    }
  | { readonly kind: 'delete' }
  /** `after`: what became of the item when the handler asked for it. */
  | { readonly kind: 'update'; readonly change: ItemChange; readonly after: TypedItem | undefined }
)

interface Emitted {
  readonly stream: string
  readonly partitionKey: string
  readonly data: Uint8Array
  readonly settings: EmitSettings
}

export interface EmitSettings {
  /** Decimal text of a hash that routes the record in place of its key. */
  readonly explicitHashKey?: string | undefined
  /** Pack it with others into aggregates of at most so many bytes. */
  readonly aggregateBytes?: number | undefined
}

const encoder = new TextEncoder()
/** As Kinesis allows them. */
const partitionKeyLengthMax = 256
const recordBytesMax = 10 * 1024 * 1024

/** What an invocation may touch: the app's tables and streams. */
export interface InvocationScope {
  readonly stage: string
  readonly store: Store
  /** Reads what is committed, and writes for the commit. */
  readonly engine: Tables
  readonly tables: ReadonlyMap<string, TableDefinition>
  readonly streams: ReadonlySet<string>
}

export class Invocation {
  readonly scope: InvocationScope
  readonly records: readonly BatchRecord[]
  private writes: TableWrite[] = []
  /** The last write of each item, by writeId; made when the handler first reads an item. */
  private latest: Map<string, TableWrite> | undefined
  private emitted: Emitted[] = []
  private readonly lastWork: ((transaction: Transaction) => void)[] = []
  private ended = false

  constructor(scope: InvocationScope, records: readonly BatchRecord[]) {
    this.scope = scope
    this.records = records
  }

  get writeCount(): number {
    return this.writes.length
  }

  get emitCount(): number {
    return this.emitted.length
  }

  /** Counts the writes, place by place. */
  countInto(ledger: Ledger): void {
    countRuns(
      this.writes,
      ({ table }) => table,
      (table, count) => ledger.emit(`table:${table}`, count),
    )
    countRuns(
      this.emitted,
      ({ stream }) => stream,
      (stream, count) => ledger.emit(`stream:${stream}`, count),
    )
  }

  /**
   * Buffers a put. `json` must stay as it is until the commit. Errors: what the table refuses the item for; ItemRejected if
   * `when` is false by now. It has to hold at the commit as well: else the call is repeated.
   */
  put(table: string, key: ItemKey, json: Uint8Array, when?: ItemTest): void {
    this.mustBeOpen(`put into table "${table}"`)
    const { engine } = this.scope
    // With a condition the commit looks into the item in any case.
    const parsed =
      engine.readJson(table, key, json) ?? (when === undefined ? undefined : engine.parseJson(table, json))
    this.check(table, key, when)
    this.add({ kind: 'put', table, key, when, json, parsed })
  }

  delete(table: string, key: ItemKey, when?: ItemTest): void {
    this.mustBeOpen(`delete from table "${table}"`)
    this.check(table, key, when)
    this.add({ kind: 'delete', table, key, when })
  }

  /**
   * Buffers a change of an item, which is made of the item as it is at the commit. Gives the item as it would be now. Errors:
   * what the table refuses that item for, since a call whose writes fail at the commit is repeated.
   */
  update(table: string, key: ItemKey, change: ItemChange, when?: ItemTest): TypedItem | undefined {
    this.mustBeOpen(`update of table "${table}"`)
    this.check(table, key, when)
    const before = this.item(table, key)
    const changed = change(before)
    const after =
      changed === undefined ? before : this.scope.engine.checkUpdate(table, key, { before, after: changed })
    this.add({ kind: 'update', table, key, when, change, after })
    return after
  }

  /** The item as this invocation sees it, as plain JSON text: its own writes first, then what is committed. */
  get(table: string, key: ItemKey): Uint8Array | undefined {
    const write = this.latestWrite(table, key)
    switch (write?.kind) {
      case undefined:
        return this.scope.engine.getJson(table, key)
      case 'put':
        return write.json
      case 'delete':
        return undefined
      case 'update':
        return write.after && encoder.encode(itemToJson(write.after))
    }
  }

  /** The item as this invocation sees it. */
  item(table: string, key: ItemKey): TypedItem | undefined {
    const { engine } = this.scope
    const write = this.latestWrite(table, key)
    switch (write?.kind) {
      case undefined:
        return engine.get(table, key)
      case 'put':
        return write.parsed ?? engine.parseJson(table, write.json)
      case 'delete':
        return undefined
      case 'update':
        return write.after
    }
  }

  private check(table: string, key: ItemKey, when: ItemTest | undefined): void {
    if (when === undefined) return
    const found = this.item(table, key)
    if (!when(found)) throw new ItemRejected(table, found)
  }

  private add(write: TableWrite): void {
    this.writes.push(write)
    this.latest?.set(writeId(write.table, write.key), write)
  }

  /** The last write of an item. They are looked up once somebody reads. */
  private latestWrite(table: string, key: ItemKey): TableWrite | undefined {
    this.latest ??= new Map(this.writes.map((write) => [writeId(write.table, write.key), write]))
    return this.latest.get(writeId(table, key))
  }

  emit(stream: string, value: unknown, partitionKey: unknown, settings: EmitSettings = {}): void {
    const { scope } = this
    const place = `function "${scope.stage}", emit to stream ${shown(stream)}`
    this.mustBeOpen(`emit to stream "${stream}"`)
    if (!scope.streams.has(stream)) {
      throw new RuntimeError('STREAM_UNKNOWN', {
        place,
        what: 'the app declares no such stream',
        allowed: [...scope.streams].join(', '),
        next: 'Declare it with app.stream(...)',
      })
    }
    if (
      typeof partitionKey !== 'string' ||
      partitionKey === '' ||
      partitionKey.length > partitionKeyLengthMax
    ) {
      throw new RuntimeError('EMIT_INVALID', {
        place,
        what: 'the partition key cannot be used',
        value: shown(partitionKey),
        allowed: `a string of 1 to ${partitionKeyLengthMax} characters`,
        next: 'Pass { partitionKey } with such a value',
      })
    }
    const { explicitHashKey } = settings
    if (explicitHashKey !== undefined && !isHash(explicitHashKey)) {
      throw new RuntimeError('EMIT_INVALID', {
        place,
        what: 'the explicit hash key cannot be used',
        value: shown(explicitHashKey),
        allowed: 'decimal text from 0 to 340282366920938463463374607431768211455',
      })
    }
    const data = recordBytes(value, place)
    this.emitted.push({ stream, partitionKey, data, settings })
  }

  /** Says something to the commit that moves the position, after all writes; more than once if the commit has to be made again. */
  atCommit(what: string, work: (transaction: Transaction) => void): void {
    this.mustBeOpen(what)
    this.lastWork.push(work)
  }

  /** Nothing may be written any more; a handler that did not await its own work is told so when it tries. */
  end(): void {
    this.ended = true
  }

  /**
   * Says everything to the commit. Error: that of a condition which does not hold any more, or of an item which its table
   * does not take any more; then the commit must not be made. `originTime`: of the newest record behind what was emitted. */
  apply(transaction: Transaction, originTime: number): void {
    const writer = this.scope.engine.writer(transaction)
    for (const write of this.writes) {
      const { table, key, when } = write
      if (write.kind === 'update') writer.update(table, key, write.change, when)
      else if (write.kind === 'put') {
        if (when === undefined && write.parsed === undefined) writer.putJson(table, key, write.json)
        else writer.putJson(table, key, write.json, { parsed: write.parsed, when })
      } else if (when === undefined) writer.remove(table, key)
      else writer.delete(table, key, when)
    }
    const { emitted } = this
    for (let i = 0; i < emitted.length; ) {
      const { stream, settings } = emitted[i]!
      const from = i
      while (
        i < emitted.length &&
        emitted[i]!.stream === stream &&
        emitted[i]!.settings.aggregateBytes === settings.aggregateBytes
      )
        i++
      const run = emitted.slice(from, i)
      if (settings.aggregateBytes === undefined) {
        transaction.append(
          stream,
          run.map((each) => appendRecord(each, originTime)),
        )
      } else {
        const records = run.map(({ partitionKey, data, settings: { explicitHashKey } }) =>
          explicitHashKey === undefined ? { partitionKey, data } : { partitionKey, data, explicitHashKey },
        )
        appendAggregated(transaction, { stream, originTime, bytesMax: settings.aggregateBytes }, records)
      }
    }
    for (const work of this.lastWork) work(transaction)
  }

  private mustBeOpen(what: string): void {
    if (!this.ended) return
    throw new RuntimeError('INVOCATION_ENDED', {
      place: `function "${this.scope.stage}"`,
      what: `the handler had ended before this ${what}, so it would not be part of its commit`,
      next: 'Await all work before the handler returns',
    })
  }
}

/** Neighbours of one name are told at once: most calls write to one place. */
function countRuns<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  tell: (name: string, count: number) => void,
): void {
  for (let from = 0; from < items.length; ) {
    const name = nameOf(items[from]!)
    let to = from + 1
    while (to < items.length && nameOf(items[to]!) === name) to++
    tell(name, to - from)
    from = to
  }
}

const storageKey = Symbol.for('millrace.invocations')
const shared = globalThis as { [storageKey]?: AsyncLocalStorage<Invocation> }
shared[storageKey] ??= new AsyncLocalStorage<Invocation>()
const invocations: AsyncLocalStorage<Invocation> = shared[storageKey]

export function runInvocation(invocation: Invocation, work: () => unknown): unknown {
  return invocations.run(invocation, work)
}

export function currentInvocation(): Invocation | undefined {
  return invocations.getStore()
}

function appendRecord({ partitionKey, data, settings }: Emitted, originTime: number): AppendRecord {
  const record = { key: encoder.encode(partitionKey), data, originTime }
  const { explicitHashKey } = settings
  if (explicitHashKey === undefined) return record
  const hash = new Uint32Array(4)
  bigIntToHash(BigInt(explicitHashKey), hash)
  return { ...record, hash }
}

function isHash(text: string): boolean {
  return /^(0|[1-9]\d{0,38})$/.test(text) && BigInt(text) < 2n ** 128n
}

function recordBytes(value: unknown, place: string): Uint8Array {
  let data: Uint8Array | undefined
  // Bytes are copied: the handler may use its buffer again before the commit.
  if (value instanceof Uint8Array) data = value.slice()
  else if (isBatchRecord(value)) data = value.data
  else {
    let text: string | undefined
    try {
      text = JSON.stringify(value)
    } catch (cause) {
      throw new RuntimeError('EMIT_INVALID', { place, what: 'the value cannot be written as JSON', cause })
    }
    if (text !== undefined) data = encoder.encode(text)
  }
  if (data !== undefined && data.length <= recordBytesMax) return data
  throw new RuntimeError('EMIT_INVALID', {
    place,
    what: data === undefined ? 'the value has no JSON form' : 'the value is too large',
    value: data === undefined ? shown(value) : `${data.length} bytes`,
    allowed: `bytes, a record, or anything that JSON can hold, up to ${recordBytesMax} bytes`,
  })
}

function writeId(table: string, { partitionKey, sortKey }: ItemKey): string {
  const partition = keyId(partitionKey)
  // Keys may hold any character; the length tells where the first one ends.
  return `${table}\0${partition.length}\0${partition}${sortKey === undefined ? '' : keyId(sortKey)}`
}

/** One text for each value: a number and a bigint of the same value are one key. */
function keyId(key: KeyValue): string {
  if (typeof key === 'string') return key
  if (key instanceof Uint8Array) return Buffer.from(key).toString('hex')
  return Number.isSafeInteger(key) ? String(key) : canonicalNumber(String(key))
}
