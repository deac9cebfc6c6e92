/**
 * Appends to each row the answer of an asynchronous function of the host. At most `capacity` calls are under way; rows
 * beyond that wait their turn, and `pending` tells the host to hold its input back. Ordered: rows go on in the order in
 * which they came; otherwise as the answers come, but no row passes a watermark and no watermark passes a row. An input
 * that retracts is always ordered.
 *
 * A call that fails is made again after the retry's delay, as often as the retry says in all; the timeout is for all
 * attempts together. A row without an answer fails with HostFunctionError and is dropped.
 *
 * Rows that wait are state until they have gone on: after a restart the function is asked again. Answers come between two
 * calls of the instance, so a host has to take changes and state without waiting in between. A retraction asks anew: the
 * function has to answer alike.
 */

import type { HostAsync } from '../../host-function.ts'
import type { SqlValue } from '../../plan.ts'
import { compileProjection } from '../expression/compile-expression.ts'
import { fromHost, HostFunctionError, toHost } from '../expression/host-border.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { AsyncProjectNode } from '../plan.ts'
import type { Row, RowKind } from '../row.ts'
import type { KeyedState } from '../state/state-store.ts'

interface Waiting {
  /** The key of its state. */
  readonly id: number
  readonly row: Row
  readonly kind: RowKind
  readonly args: readonly SqlValue[]
  /** Undefined: no answer yet. null: it failed and goes on no more. */
  result: readonly [SqlValue] | null | undefined
}

/** Rows up to a watermark, in the order in which they came. */
interface Segment {
  readonly rows: Set<Waiting>
  watermark: number | undefined
}

type Kept = [row: Row, kind: RowKind]

export function makeAsyncProject(node: AsyncProjectNode, context: OperatorContext, out: Port): Operator {
  const host = context.functions.get(node.fn.toUpperCase())
  if (host?.kind !== 'async') throw new Error(`plan: no asynchronous function ${node.fn}`)
  return new AsyncProject(node, host, context, out)
}

class AsyncProject implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #host: HostAsync
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #ordered: boolean
  readonly #argsOf: (row: Row) => SqlValue[]
  readonly #toHost: readonly ((value: SqlValue) => unknown)[]
  readonly #fromHost: (value: unknown, fn: string) => SqlValue
  readonly #kept: KeyedState<Kept>
  readonly #nextId: { get(): number; set(value: number): void }
  readonly #sent: { get(): number; set(value: number): void }
  readonly #segments: Segment[] = [{ rows: new Set(), watermark: undefined }]
  /** Rows that are not yet asked for, oldest first. */
  readonly #unasked: Waiting[] = []
  #asked = 0
  #loaded = false
  #waiters: (() => void)[] = []
  /** What an operator further down threw when an answer set a row free; told to the next caller. */
  #fault: unknown

  constructor(node: AsyncProjectNode, host: HostAsync, context: OperatorContext, out: Port) {
    this.#host = host
    this.#context = context
    this.#out = out
    this.#ordered = host.ordered || node.input.traits.changes === 'retract'
    this.#argsOf = compileProjection(node.args, context)
    this.#toHost = node.args.map((arg) => toHost(arg.type))
    this.#fromHost = fromHost(node.type)
    this.#kept = context.state.keyed('waiting')
    this.#nextId = context.state.value('next', 0)
    this.#sent = context.state.value('watermark', Number.NEGATIVE_INFINITY)
  }

  get pending(): { readonly calls: number; readonly capacity: number } {
    return { calls: this.#asked + this.#unasked.length, capacity: this.#host.capacity }
  }

  get watermarkNow(): number {
    return this.#sent.get()
  }

  row(row: Row, kind: RowKind): void {
    if (this.#fault !== undefined) throw this.#fault
    this.#load()
    const id = this.#nextId.get()
    this.#nextId.set(id + 1)
    this.#kept.set(id, [row, kind])
    this.#enter(id, row, kind)
    this.#drain()
  }

  watermark(time: number): void {
    this.#load()
    const last = this.#segments[this.#segments.length - 1]!
    // A segment without rows takes the later watermark.
    const before = this.#segments[this.#segments.length - 2]
    if (last.rows.size === 0 && before !== undefined) before.watermark = time
    else {
      last.watermark = time
      this.#segments.push({ rows: new Set(), watermark: undefined })
    }
    this.#drain()
  }

  resume(): void {
    this.#load()
  }

  async settle(): Promise<void> {
    if (this.#fault === undefined && this.pending.calls > 0) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
    if (this.#fault !== undefined) throw this.#fault
  }

  /** What waited before a restart: its watermark first, then its rows; before anything new. */
  #load(): void {
    if (this.#loaded) return
    this.#loaded = true
    const sent = this.#sent.get()
    if (sent !== Number.NEGATIVE_INFINITY) this.#out.watermark(sent)
    for (const [id, [row, kind]] of [...this.#kept.entries()]) this.#enter(Number(id), row, kind)
    this.#drain()
  }

  #enter(id: number, row: Row, kind: RowKind): void {
    let args: SqlValue[]
    try {
      args = this.#argsOf(row)
    } catch (error) {
      this.#kept.delete(id)
      this.#context.fail(row, error as Error) // Expressions throw nothing else.
      return
    }
    const waiting: Waiting = { id, row, kind, args, result: undefined }
    this.#segments[this.#segments.length - 1]!.rows.add(waiting)
    if (this.#host.nullIn === 'null' && args.includes(null)) waiting.result = [null]
    else if (this.#asked < this.#host.capacity) this.#ask(waiting)
    else this.#unasked.push(waiting)
  }

  #ask(waiting: Waiting): void {
    this.#asked++
    const done = (result: readonly [SqlValue] | null) => {
      this.#asked--
      waiting.result = result
      const next = this.#unasked.shift()
      if (next !== undefined) this.#ask(next)
      this.#drain()
    }
    this.#answer(waiting)
      .then(
        (value) => done([value]),
        (error: unknown) => {
          const failure =
            error instanceof HostFunctionError ? error : new HostFunctionError(this.#host.name, error)
          this.#context.fail(waiting.row, failure)
          done(null)
        },
      )
      .catch((fault: unknown) => {
        this.#fault = fault
        this.#wake()
      })
  }

  /** The answer within the timeout. */
  async #answer(waiting: Waiting): Promise<SqlValue> {
    const { clock } = this.#context
    const end = new AbortController()
    const answer = this.#attempts(waiting, end.signal)
    if (clock === undefined || !(this.#host.timeoutMs > 0)) return answer
    const slept = new AbortController()
    const timeout = clock.sleep(this.#host.timeoutMs, slept.signal).then((): never => {
      throw new Error(`no answer within ${this.#host.timeoutMs} ms`)
    })
    try {
      return await Promise.race([answer, timeout])
    } finally {
      // The loser of the race ends without a word.
      answer.catch(() => undefined)
      timeout.catch(() => undefined)
      slept.abort()
      end.abort()
    }
  }

  async #attempts(waiting: Waiting, signal: AbortSignal): Promise<SqlValue> {
    const { name, retry } = this.#host
    const args = waiting.args.map((value, i) => this.#toHost[i]!(value))
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#fromHost(await this.#host.call(args, { signal }), name)
      } catch (error) {
        if (retry === undefined || attempt >= retry.attempts || signal.aborted) throw error
        await this.#context.clock?.sleep(retry.delayMs, signal)
        if (signal.aborted) throw error
      }
    }
  }

  /** Puts out what may go. */
  #drain(): void {
    for (;;) {
      const first = this.#segments[0]!
      for (const waiting of first.rows) {
        if (waiting.result === undefined) {
          if (this.#ordered) break
          continue
        }
        first.rows.delete(waiting)
        this.#kept.delete(waiting.id)
        if (waiting.result !== null) this.#out.row([...waiting.row, waiting.result[0]], waiting.kind)
      }
      if (first.rows.size > 0 || first.watermark === undefined) break
      this.#segments.shift()
      this.#sent.set(first.watermark)
      this.#out.watermark(first.watermark)
    }
    if (this.pending.calls === 0) this.#wake()
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const resolve of waiters) resolve()
  }
}
