/**
 * Source `ordersGenerator`: the order model as a stream of changes, as fast as possible or at a fixed rate.
 *
 * Rate: open loop. Change i of this start is due at open time + i / (1.5 * rate); it is emitted when due or as soon after
 * as the reader asks, and its originTime is the due time, so that latency counts the waiting when the pipeline is behind.
 *
 * Position (JSON): {seed, products, startTime, intervalMicros, firstOrder, endOrder | null, index}. A restart goes on at
 * `index` of the range [firstOrder, endOrder); event time goes on by the position's own start and interval. Another
 * `orders` moves the end: orders already begun are always finished. Another seed or number of products is refused, since
 * the stream would then hold two models under the same ids.
 *
 * Promise: exactly once, together with the runtime's commit of records and position.
 */

import type { Source, SourceContext, SourceFactory, SourceRead } from '@millrace/runtime'
import type { RecordBatchBuilder } from '@millrace/store'
import { assertIntegerOption, assertPositiveOption, ConnectError } from '../errors.ts'
import { sleepUntil } from '../pace.ts'
import { LINE_BYTES_MAX, OrderChangeWriter } from './order-bytes.ts'
import {
  assertOrderModel,
  DEFAULT_INTERVAL_MICROS,
  DEFAULT_START_TIME,
  ORDERS_MAX,
  type OrderModelOptions,
  type OrderPartitionKey,
} from './order-model.ts'
import { BLOCK_ORDERS, moveEnd } from './order-sequence.ts'

const NAME = 'ordersGenerator'
/** Changes for each item: an order has two items and three changes. */
const CHANGES_PER_ITEM = 1.5
const RATE_MAX = 10_000_000

export interface OrdersGeneratorOptions {
  /** How many orders to generate; endless if absent. */
  readonly orders?: number
  /** How many products there are, 2 to 1,000,000. */
  readonly products: number
  readonly seed: number
  /** Items per second; as fast as possible if absent. */
  readonly rate?: number
  /** Event time of the first change, ms. Default: the clock's time at the first start with a rate, else 2026-01-01. */
  readonly startTime?: number
  readonly operation?: 'insert' | 'load'
  /** Default `$.data.orderId`. */
  readonly partitionKey?: OrderPartitionKey
}

interface GeneratorPosition {
  readonly seed: number
  readonly products: number
  readonly startTime: number
  readonly intervalMicros: number
  readonly firstOrder: number
  /** null: endless. */
  readonly endOrder: number | null
  readonly index: number
}

export function ordersGenerator(options: OrdersGeneratorOptions): SourceFactory {
  if (options.orders !== undefined) {
    assertIntegerOption(NAME, 'orders', options.orders, { min: 0, max: ORDERS_MAX })
  }
  if (options.rate !== undefined) assertPositiveOption(NAME, 'rate', options.rate, RATE_MAX)
  // Checked here, with the other defaults, so that a wrong option is reported where the app is defined.
  assertOrderModel(NAME, modelOptions(options, firstPosition(options, DEFAULT_START_TIME)))
  return (context) => new OrdersGenerator(options, context)
}

class OrdersGenerator implements Source {
  readonly #options: OrdersGeneratorOptions
  readonly #model: OrderModelOptions
  readonly #context: SourceContext
  readonly #wantedEnd: number
  readonly #scratch = new Uint8Array(LINE_BYTES_MAX)
  #writer: OrderChangeWriter
  /** Next change of the writer's range. */
  #index: number
  readonly #openTime: number
  readonly #intervalMs: number | undefined
  /** Changes emitted since this open; number n is due at openTime + n * intervalMs. */
  #emitted = 0
  /** Shard of each order of the current block, -1 while unknown: an order's three records share their key. */
  readonly #shards = new Int32Array(BLOCK_ORDERS).fill(-1)
  #shardsBlock = -1
  readonly #tableKeys = ['orders.order', 'orders.order_item'].map((key) => new TextEncoder().encode(key))

  constructor(options: OrdersGeneratorOptions, context: SourceContext) {
    const position =
      context.position === undefined
        ? firstPosition(options, context.clock.now())
        : readPosition(context.position, options)
    this.#options = options
    this.#context = context
    this.#model = modelOptions(options, position)
    this.#wantedEnd = options.orders ?? Number.POSITIVE_INFINITY
    const range = { firstOrder: position.firstOrder, endOrder: position.endOrder ?? Number.POSITIVE_INFINITY }
    this.#writer = new OrderChangeWriter(this.#model, moveEnd(range, position.index, this.#wantedEnd))
    this.#index = position.index
    this.#openTime = context.clock.now()
    this.#intervalMs = options.rate === undefined ? undefined : 1000 / (options.rate * CHANGES_PER_ITEM)
    this.#nextRange()
  }

  async read(builders: readonly RecordBatchBuilder[], maxBytes: number): Promise<SourceRead> {
    const { signal } = this.#context
    let due = Number.POSITIVE_INFINITY
    if (this.#intervalMs !== undefined && !this.#done()) due = await this.#dueCount(this.#intervalMs)
    let taken = 0
    let bytes = 0
    while (!signal.aborted && this.#emitted < due && bytes < maxBytes && !this.#done()) {
      bytes += this.#emit(builders)
      taken++
    }
    return { position: this.#position(), taken, dead: [], done: this.#done() }
  }

  async close(): Promise<void> {}

  /** How many changes are due since the open; waits for the next one if all of those have been emitted. */
  async #dueCount(intervalMs: number): Promise<number> {
    const { clock, signal } = this.#context
    const openTime = this.#openTime
    await sleepUntil(clock, openTime + this.#emitted * intervalMs, signal)
    const now = clock.now()
    const count = Math.floor((now - openTime) / intervalMs) + 1
    // The quotient may be off by one in its last digits; the due time itself decides, as it did for the sleep.
    if (openTime + count * intervalMs <= now) return count + 1
    return openTime + (count - 1) * intervalMs > now ? count - 1 : count
  }

  #emit(builders: readonly RecordBatchBuilder[]): number {
    const writer = this.#writer
    const scratch = this.#scratch
    const end = writer.write(this.#index, scratch, 0)
    const origin = this.#intervalMs === undefined ? 0 : this.#openTime + this.#emitted * this.#intervalMs
    if (this.#model.partitionKey === 'schema.table') {
      const key = this.#tableKeys[writer.sequence.row === 0 ? 0 : 1] as Uint8Array
      const shard = this.#context.route(key, 0, key.length)
      must(builders, shard).add(key, 0, key.length, scratch, 0, end, origin)
    } else {
      const { keyStart, keyEnd } = writer
      must(builders, this.#shardOfOrder()).add(scratch, keyStart, keyEnd, scratch, 0, end, origin)
    }
    this.#index++
    this.#emitted++
    this.#nextRange()
    return end
  }

  #shardOfOrder(): number {
    const { block, orderInBlock } = this.#writer.sequence
    if (block !== this.#shardsBlock) {
      this.#shards.fill(-1)
      this.#shardsBlock = block
    }
    let shard = this.#shards[orderInBlock] as number
    if (shard < 0) {
      shard = this.#context.route(this.#scratch, this.#writer.keyStart, this.#writer.keyEnd)
      this.#shards[orderInBlock] = shard
    }
    return shard
  }

  #done(): boolean {
    return this.#index >= this.#writer.sequence.length
  }

  /** A finished range is followed by another one if more orders are wanted than it held. */
  #nextRange(): void {
    const { endOrder } = this.#writer.sequence.range
    if (!this.#done() || endOrder >= this.#wantedEnd) return
    this.#writer = new OrderChangeWriter(this.#model, { firstOrder: endOrder, endOrder: this.#wantedEnd })
    this.#index = 0
    this.#shardsBlock = -1
  }

  #position(): GeneratorPosition {
    const { range } = this.#writer.sequence
    const { seed, products } = this.#options
    const { startTime, intervalMicros } = this.#model
    const endOrder = Number.isFinite(range.endOrder) ? range.endOrder : null
    return {
      seed,
      products,
      startTime,
      intervalMicros,
      firstOrder: range.firstOrder,
      endOrder,
      index: this.#index,
    }
  }
}

function firstPosition(options: OrdersGeneratorOptions, now: number): GeneratorPosition {
  const { seed, products, rate } = options
  return {
    seed,
    products,
    startTime: options.startTime ?? (rate === undefined ? DEFAULT_START_TIME : Math.floor(now)),
    intervalMicros: rate === undefined ? DEFAULT_INTERVAL_MICROS : 1e6 / (rate * CHANGES_PER_ITEM),
    firstOrder: 0,
    endOrder: options.orders ?? null,
    index: 0,
  }
}

function modelOptions(options: OrdersGeneratorOptions, position: GeneratorPosition): OrderModelOptions {
  return {
    products: options.products,
    seed: options.seed,
    startTime: position.startTime,
    intervalMicros: position.intervalMicros,
    operation: options.operation ?? 'insert',
    partitionKey: options.partitionKey ?? '$.data.orderId',
  }
}

const POSITION_NUMBERS = ['seed', 'products', 'startTime', 'intervalMicros', 'firstOrder', 'index'] as const

function readPosition(value: unknown, options: OrdersGeneratorOptions): GeneratorPosition {
  const isObject = typeof value === 'object' && value !== null
  // Checked field by field right below.
  const position = (isObject ? value : {}) as GeneratorPosition
  const isWhole = POSITION_NUMBERS.every((name) => Number.isFinite(position[name]) && position[name] >= 0)
  if (!isWhole || !(position.endOrder === null || Number.isFinite(position.endOrder))) {
    throw new ConnectError(
      'SOURCE_POSITION',
      `${NAME}: the committed position is not one of this source. ` +
        'Give the source another name, or use another data directory.',
    )
  }
  for (const name of ['seed', 'products'] as const) {
    if (position[name] === options[name]) continue
    throw new ConnectError(
      'SOURCE_POSITION',
      `${NAME}: this data directory holds orders generated with "${name}" ${position[name]}, but it is now ` +
        `${options[name]}. Set it back, or use another data directory.`,
    )
  }
  return position
}

function must(builders: readonly RecordBatchBuilder[], shard: number): RecordBatchBuilder {
  const builder = builders[shard]
  if (builder === undefined) throw new RangeError(`no builder for shard ${shard} of ${builders.length}`)
  return builder
}
