/**
 * What a test of one operator needs: a context with a clock in the test's hand, ports that collect, and restarts.
 *
 *   const kit = makeTestContext({ make: (context, out) => makeLimit(node, context, out) })
 *   kit.input(0).row(['a', 1], rowKind.insert)
 *   kit.restarted()          // the operator is made anew from its state; ports of before are void, ask `input` again
 *   kit.advance(5_000)       // processing time moves: state expires, operators that asked are called
 *   expect(kit.out.texts).toEqual(['+I a, 1'])
 */
import type { HostFunctions } from '../../host-function.ts'
import type { SqlValue } from '../../plan.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import { type Row, type RowKind, rowKindText } from '../row.ts'
import { MemoryStore } from '../state/memory-store.ts'
import { valueKey } from '../value.ts'

/** A port that keeps what comes. */
export class CollectingPort implements Port {
  readonly rows: Row[] = []
  readonly kinds: RowKind[] = []
  /** All in order: rows as '+I a, 1', watermarks as 'W 1000'. */
  readonly log: string[] = []
  lastWatermark = Number.NEGATIVE_INFINITY

  row(row: Row, kind: RowKind): void {
    this.rows.push(row)
    this.kinds.push(kind)
    this.log.push(changeText(row, kind))
  }

  watermark(time: number): void {
    if (time < this.lastWatermark) throw new Error(`the watermark went back to ${time}`)
    this.lastWatermark = time
    this.log.push(`W ${time}`)
  }

  /** Rows without watermarks, as '+I a, 1'. */
  get texts(): string[] {
    return this.rows.map((row, i) => changeText(row, this.kinds[i]!))
  }

  /** Forgets what came, but not the watermark. */
  clear(): void {
    this.rows.length = 0
    this.kinds.length = 0
    this.log.length = 0
  }
}

export function changeText(row: Row, kind: RowKind): string {
  return `${rowKindText[kind]} ${row.map(showValue).join(', ')}`
}

function showValue(value: SqlValue): string {
  if (value === null) return 'NULL'
  return typeof value === 'object' ? valueKey(value) : String(value)
}

/** The rows that changes add up to, as texts in order. Throws when a row is taken away that is not there. */
export function accumulate(rows: readonly Row[], kinds: readonly RowKind[]): string[] {
  const counts = new Map<string, number>()
  rows.forEach((row, i) => {
    const text = row.map(valueKey).join('')
    const count = (counts.get(text) ?? 0) + ((kinds[i]! & 1) === 1 ? -1 : 1)
    if (count < 0) throw new Error(`a row was taken away that was not there: ${changeText(row, kinds[i]!)}`)
    if (count === 0) counts.delete(text)
    else counts.set(text, count)
  })
  return [...counts].flatMap(([text, count]) => new Array<string>(count).fill(text)).sort()
}

export interface TestContextOptions {
  readonly make: (context: OperatorContext, out: Port) => Operator
  readonly functions?: HostFunctions
  readonly zone?: string
  readonly now?: number
  readonly watermark?: () => number | undefined
}

export interface TestContext {
  readonly out: CollectingPort
  /** Port of the operator as it now is. */
  input(index: number): Port
  operator(): Operator
  readonly late: Row[]
  readonly failures: { row: Row; error: Error }[]
  now(): number
  advance(now: number): void
  /** Commits, and makes the operator anew: from all changes so far, or with `snapshot` from one. */
  restarted(how?: 'changes' | 'snapshot'): void
  /** The store of the operator as it now is. */
  store(): MemoryStore
  /** Bytes of all changes taken so far. */
  readonly logged: { bytes: number; blobs: number }
}

export function makeTestContext(options: TestContextOptions): TestContext {
  let now = options.now ?? 0
  const out = new CollectingPort()
  const late: Row[] = []
  const failures: { row: Row; error: Error }[] = []
  let blobs: Uint8Array[] = []
  const logged = { bytes: 0, blobs: 0 }
  let timed: Operator[] = []
  let store = new MemoryStore(() => now)

  const build = (): Operator => {
    timed = []
    store = new MemoryStore(() => now)
    const context: OperatorContext = {
      id: 'test',
      state: store,
      now: () => now,
      zone: options.zone ?? 'UTC',
      functions: options.functions ?? new Map(),
      watermark: options.watermark ?? (() => undefined),
      onTime: (operator) => timed.push(operator),
      late: (row) => late.push(row),
      fail: (row, error) => failures.push({ row, error }),
    }
    return options.make(context, out)
  }
  let operator = build()

  return {
    out,
    late,
    failures,
    logged,
    input: (index) => operator.inputs[index]!,
    operator: () => operator,
    now: () => now,
    store: () => store,
    advance: (time) => {
      now = time
      store.expire(now)
      for (const each of timed) each.advance?.(now)
    },
    restarted: (how = 'changes') => {
      const change = store.takeChange()
      if (change !== undefined) {
        blobs.push(change)
        logged.bytes += change.length
        logged.blobs++
      }
      if (how === 'snapshot') blobs = store.snapshot()
      operator = build()
      for (const blob of blobs) store.restore(blob)
      operator.resume?.()
    },
  }
}
