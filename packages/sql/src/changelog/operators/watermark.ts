/**
 * WATERMARK FOR: each row goes on, then the watermark, if the row has moved it. Every shard has its own greatest value; the
 * node's watermark is the least of the shards that count. A shard that exists but has shown no row holds it back; one that
 * has been silent for the idle timeout does not count until its next row. If no shard counts, the watermark stands still,
 * unless other sources that it meets further down go on (`follow`).
 *
 * Kept over restarts: each shard's watermark and when its last row came, and the node's watermark, which goes out again
 * before the first row.
 */
import { compileExpression } from '../expression/compile-expression.ts'
import type { SourceStatus } from '../instance.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { WatermarkNode } from '../plan.ts'
import type { Row, RowKind } from '../row.ts'
import type { KeyedState } from '../state/state-store.ts'

/** The shard whose row is being processed; the instance sets it before each push. */
export interface ShardInHand {
  shard: string
}

/** Plain data of the state: greatest value so far, processing time of the last row (or of the shard's announcement). */
interface Shard {
  watermark: number
  lastSeen: number
  idle: boolean
}

export class WatermarkOperator implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly table: string
  readonly #node: WatermarkNode
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #inHand: ShardInHand
  readonly #timeOf: (row: Row) => unknown
  readonly #shards: KeyedState<Shard>
  readonly #current: { get(): number; set(value: number): void }
  #watermark = Number.NEGATIVE_INFINITY
  /** Shard of the last row, so that a run of rows looks it up once. */
  #lastName: string | undefined
  #last: Shard | undefined

  constructor(node: WatermarkNode, context: OperatorContext, out: Port, inHand: ShardInHand) {
    this.table = node.table
    this.#node = node
    this.#context = context
    this.#out = out
    this.#inHand = inHand
    this.#timeOf = compileExpression(node.watermark, context)
    this.#shards = context.state.keyed('shards')
    this.#current = context.state.value('watermark', Number.NEGATIVE_INFINITY)
    if (node.idleTimeout > 0) context.onTime(this)
  }

  /** What has gone out; within the propagation of a watermark still the one before. */
  get watermarkNow(): number {
    return this.#watermark
  }

  /** Whether it says nothing about time because all of its shards are idle. */
  get idle(): boolean {
    if (this.#shards.size === 0) return false
    for (const [, shard] of this.#shards.entries()) if (!shard.idle) return false
    return true
  }

  row(row: Row, kind: RowKind): void {
    let time: unknown
    try {
      time = this.#timeOf(row)
    } catch (error) {
      this.#context.fail(row, error as Error) // Expressions throw nothing else.
      return
    }
    const name = this.#inHand.shard
    const shard = name === this.#lastName ? this.#last! : this.#shardOf(name)
    const now = this.#context.now()
    const woke = shard.idle
    shard.idle = false
    if (shard.lastSeen !== now) {
      shard.lastSeen = now
      if (this.#node.idleTimeout > 0) this.#shards.touch(name)
    }
    this.#out.row(row, kind)
    if (typeof time === 'number' && time > shard.watermark) {
      const held = shard.watermark <= this.#watermark || woke
      shard.watermark = time
      this.#shards.touch(name)
      if (held) this.#update()
    }
  }

  watermark(time: number): void {
    // Only the end of the source comes from above.
    if (time === Number.POSITIVE_INFINITY) this.#send(time)
  }

  addShard(name: string): void {
    this.#shardOf(name)
  }

  shardNames(): string[] {
    return [...this.#shards.entries()].map(([name]) => String(name))
  }

  continueShard(name: string, parents: readonly string[]): void {
    const known = parents.flatMap((parent) => this.#shards.get(parent) ?? [])
    const shard = this.#shardOf(name)
    if (known.length > 0)
      shard.watermark = Math.max(shard.watermark, Math.min(...known.map(({ watermark }) => watermark)))
    this.#shards.touch(name)
    this.#update()
  }

  endShard(name: string): void {
    this.#lastName = undefined
    this.#shards.delete(name)
    this.#update()
  }

  advance(now: number): void {
    let changed = false
    for (const [name, shard] of this.#shards.entries()) {
      if (shard.idle || now - shard.lastSeen < this.#node.idleTimeout) continue
      shard.idle = true
      this.#shards.touch(name)
      changed = true
    }
    if (changed) this.#update()
  }

  /** All its shards are idle: the watermark of the sources that it meets carries it along. */
  follow(time: number): void {
    if (time > this.#watermark) this.#send(time)
  }

  resume(): void {
    this.#lastName = undefined
    this.#skipStop()
    const kept = this.#current.get()
    if (kept <= this.#watermark) return
    this.#out.watermark(kept)
    this.#watermark = kept
  }

  /** While the program stood still nobody was silent: the time since the last row of all does not count. */
  #skipStop(): void {
    if (this.#node.idleTimeout === 0) return
    let newest = Number.NEGATIVE_INFINITY
    for (const [, shard] of this.#shards.entries()) newest = Math.max(newest, shard.lastSeen)
    const stood = this.#context.now() - newest
    for (const [name, shard] of this.#shards.entries()) {
      shard.lastSeen += stood
      this.#shards.touch(name)
    }
  }

  status(): SourceStatus {
    return {
      table: this.table,
      watermark: this.#watermark,
      shards: [...this.#shards.entries()].map(([shard, each]) => ({ shard: String(shard), ...each })),
      idleTimeout: this.#node.idleTimeout,
    }
  }

  #shardOf(name: string): Shard {
    let shard = this.#shards.get(name)
    if (shard === undefined) {
      shard = { watermark: Number.NEGATIVE_INFINITY, lastSeen: this.#context.now(), idle: false }
      this.#shards.set(name, shard)
    }
    this.#lastName = name
    this.#last = shard
    return shard
  }

  #update(): void {
    let least = Number.POSITIVE_INFINITY
    for (const [, shard] of this.#shards.entries()) {
      if (!shard.idle && shard.watermark < least) least = shard.watermark
    }
    if (least > this.#watermark && least !== Number.POSITIVE_INFINITY) this.#send(least)
  }

  #send(time: number): void {
    if (time <= this.#watermark) return
    this.#current.set(time)
    this.#out.watermark(time)
    this.#watermark = time
  }
}
