/**
 * A running Flink program: the graph of its operators with their state, and what a host does with it (instance.ts).
 *
 * Between two calls nothing is under way inside but calls of asynchronous functions, so the instance can be stopped there.
 * After `restore` the operators hear of it before the first row, and every watermark that had gone out goes out again: an
 * operator's own watermark is not state.
 */
import type { Clock, Schema } from '@millrace/values'
import type { OperatorState } from '../engine-port.ts'
import type { HostFunctions } from '../host-function.ts'
import { inputsOf } from './binder/nodes.ts'
import { changelogFingerprints } from './fingerprint.ts'
import { buildGraph, type GraphNode } from './graph.ts'
import type {
  ChangelogError,
  ChangelogInstance,
  ChangelogResult,
  ChangeOrigin,
  LateRow,
  SourceStatus,
} from './instance.ts'
import type { Operator, OperatorContext, Port } from './operator.ts'
import { makeMaterialize, SinkCollector } from './operators/sink.ts'
import type { SourceOperator } from './operators/source.ts'
import type { StartingOperator } from './operators/values.ts'
import type { ChangelogNode, ChangelogProgram } from './plan.ts'
import { type Row, type RowKind, rowKind, rowKindText } from './row.ts'
import { rowText } from './row-text.ts'
import { MemoryStore } from './state/memory-store.ts'
import { Watermarks } from './watermarks.ts'

export interface CompileChangelogOptions {
  /** Functions of the host by name in upper case. */
  readonly functions?: HostFunctions
  /** Processing time at the start, ms. */
  readonly now: number
  /** IANA name; otherwise the program's `table.local-time-zone`, else UTC. */
  readonly zone?: string
  /** Uniform in [0, 1): RAND, UUID. Without it they fail the row. */
  readonly random?: () => number
  /** Timeouts and retries of asynchronous functions; without it they have none. */
  readonly clock?: Pick<Clock, 'sleep'>
}

/** Failures of a row, as opposed to faults of ours. */
const rowErrors: ReadonlySet<string> = new Set([
  'CoercionError',
  'DivideByZero',
  'ValueOutOfRange',
  'NotNullViolation',
  'HostFunctionError',
])

export function compileChangelog(
  program: ChangelogProgram,
  options: CompileChangelogOptions,
): ChangelogInstance {
  return new RunningChangelog(program, options)
}

/** A place with state: an operator or a sink. */
interface Stateful {
  readonly kind: string
  readonly store: MemoryStore
}

class RunningChangelog implements ChangelogInstance {
  readonly #options: CompileChangelogOptions
  readonly #zone: string
  readonly #program: ChangelogProgram
  #now: number
  readonly #inHand = { record: -1, shard: '' }
  readonly #sinks: SinkCollector[] = []
  readonly #stores = new Map<string, Stateful>()
  /** How often operators have written to their state; watermarks do not count. */
  readonly #writes = { count: 0 }
  readonly #timed: Operator[] = []
  readonly #graph: readonly GraphNode[]
  readonly #sources = new Map<string, SourceOperator[]>()
  /** Tables that have declared to give new rows only. */
  readonly #appendOnly = new Map<string, Schema>()
  readonly #lookups = new Map<string, Operator[]>()
  readonly #flushable: { flush(): void }[] = []
  readonly #asynchronous: Operator[] = []
  readonly #watermarks: Watermarks
  readonly #unknown = new Set<string>()
  #errors: ChangelogError[] = []
  #late: LateRow[] = []
  #kept: number[] = []
  #restored = false
  /** The table of a -U whose +U may come next. */
  #halfUpdate: string | undefined

  constructor(program: ChangelogProgram, options: CompileChangelogOptions) {
    this.#program = program
    this.#options = options
    this.#zone = options.zone ?? program.settings['table.local-time-zone'] ?? 'UTC'
    this.#now = Math.floor(options.now)
    const fingerprints = changelogFingerprints(program)
    const materializers: Operator[] = []
    const collectors = new Map<string, SinkCollector>()
    const roots = program.sinks.map((sink, index) => {
      // Several INSERTs into one table are one output.
      const known = collectors.get(sink.name)
      const collector = known ?? new SinkCollector(sink.name, this.#inHand)
      if (known === undefined) this.#sinks.push(collector)
      collectors.set(sink.name, collector)
      if (!sink.materialize) return { plan: sink.plan, port: collector as Port }
      const id = `sink ${sink.name}${known === undefined ? '' : ` ${index}`}`
      const context = this.#contextOf(id, 'sink', sink.name, [sink.plan])
      const operator = makeMaterialize(sink, context, collector)
      materializers.push(operator)
      return { plan: sink.plan, port: operator.inputs[0]! }
    })
    this.#graph = buildGraph({
      roots,
      inHand: this.#inHand,
      contextFor: (node) =>
        this.#contextOf(fingerprints.address(node), node.kind, describe(node), inputsOf(node)),
    })
    this.#timed.reverse()
    for (const { node, operator } of this.#graph) {
      if (node.kind === 'source') {
        push(this.#sources, node.table, operator as SourceOperator) // Made by makeSource.
        if (node.traits.changes === 'append') this.#appendOnly.set(node.table, node.schema)
      }
      if (node.kind === 'lookup-join') push(this.#lookups, node.table, operator)
      if (operator.settle !== undefined) this.#asynchronous.push(operator)
      if ('flush' in operator) this.#flushable.push(operator as Operator & { flush(): void }) // Calc: checked.
    }
    this.#watermarks = new Watermarks(this.#graph)
  }

  #contextOf(id: string, kind: string, name: string, inputs: readonly ChangelogNode[]): OperatorContext {
    const store = new MemoryStore(() => this.#now, kind === 'watermark' ? undefined : this.#writes)
    this.#stores.set(id, { kind, store })
    const schemas = inputs.map(({ schema }) => schema)
    const watermark = () =>
      Math.min(...inputs.map((input) => this.#watermarks.of(input)), Number.POSITIVE_INFINITY)
    return {
      id,
      state: store,
      zone: this.#zone,
      functions: this.#options.functions ?? new Map(),
      clock: this.#options.clock,
      random: this.#options.random,
      now: () => this.#now,
      watermark: () => {
        const time = watermark()
        return Number.isFinite(time) ? time : undefined
      },
      onTime: (operator) => this.#timed.push(operator),
      late: (row) =>
        this.#late.push({
          where: name,
          watermark: watermark(),
          origin: this.#inHand.record,
          row: rowText(row, schemas),
        }),
      fail: (row, error) => {
        if (!rowErrors.has(error.name)) throw error
        this.#errors.push({
          name: error.name,
          message: error.message,
          where: name,
          origin: this.#inHand.record,
          row: rowText(row, schemas),
        })
      },
    }
  }

  start(rows: 'here' | 'elsewhere' = 'here'): void {
    this.#begin()
    for (const { node, operator } of this.#graph) {
      if (node.kind === 'values') (operator as StartingOperator).start(rows) // Made by makeValues.
    }
    this.#flush()
  }

  push(table: string, row: Row, kind: RowKind, origin: ChangeOrigin): void {
    const sources = this.#sources.get(table)
    if (sources === undefined) throw new Error(`changelog: no sink reads a table ${table}`)
    this.#begin()
    const appended = kind === rowKind.insert ? undefined : this.#appendOnly.get(table)
    if (appended !== undefined) {
      this.#refuse(table, rowText(row, [appended]), kind, origin)
      return
    }
    if (this.#halfUpdate !== undefined && (this.#halfUpdate !== table || kind !== rowKind.updateAfter)) {
      this.#flush()
    }
    this.#inHand.record = origin.record
    this.#inHand.shard = origin.shard
    const writes = this.#writes.count
    for (let i = 0; i < sources.length; i++) sources[i]!.inputs[0]!.row(row, kind)
    if (kind === rowKind.updateBefore) this.#halfUpdate = table
    else this.#flush()
    if (this.#writes.count > writes && origin.record >= 0) this.#kept.push(origin.record)
    this.#watermarks.follow()
    this.#inHand.record = -1
  }

  /** A change that the plan does not reckon with would be lost in some operator; so it is reported and dropped here. */
  #refuse(table: string, row: string, kind: RowKind, origin: ChangeOrigin): void {
    this.#errors.push({
      name: 'ParseError',
      message: `table ${table} gives new rows only, but a change of kind ${rowKindText[kind]} came. Give the table 'changelog-mode' = 'all' or a format with changes, such as debezium-json.`,
      where: `source ${table}`,
      origin: origin.record,
      row,
    })
  }

  addShard(table: string, shard: string): void {
    this.#begin()
    for (const operator of this.#watermarks.ofTable(table)) operator.addShard(shard)
  }

  shardsOf(table: string): readonly string[] {
    const names = this.#watermarks.ofTable(table).flatMap((operator) => operator.shardNames())
    return [...new Set(names)]
  }

  continueShard(table: string, shard: string, parents: readonly string[]): void {
    this.#begin()
    for (const operator of this.#watermarks.ofTable(table)) operator.continueShard(shard, parents)
    this.#flush()
  }

  endShard(table: string, shard: string): void {
    this.#begin()
    for (const operator of this.#watermarks.ofTable(table)) operator.endShard(shard)
    this.#flush()
  }

  advance(now: number): void {
    this.#begin()
    this.#flush()
    // Times in rows are whole milliseconds; clocks have fractions.
    const whole = Math.floor(now)
    if (whole <= this.#now) return
    this.#now = whole
    for (const { store } of this.#stores.values()) store.expire(whole)
    for (const operator of this.#timed) operator.advance?.(whole)
    this.#watermarks.noteIdle()
    this.#watermarks.follow()
    this.#flush()
  }

  finish(table: string): void {
    this.#begin()
    this.#flush()
    for (const source of this.#sources.get(table) ?? []) source.finish()
    this.#watermarks.follow()
    this.#flush()
  }

  setLookup(table: string, rows: readonly Row[]): void {
    for (const operator of this.#lookups.get(table) ?? []) operator.setLookup?.(rows)
  }

  async settle(): Promise<void> {
    this.#begin()
    // What one operator sets free may be the next one's question, so they are asked in order until none has any.
    while (this.pending.calls > 0) for (const operator of this.#asynchronous) await operator.settle?.()
    this.#flush()
  }

  get pending(): { readonly calls: number; readonly capacity: number } {
    let calls = 0
    let capacity = Number.POSITIVE_INFINITY
    for (const { pending } of this.#asynchronous) {
      if (pending === undefined) continue
      calls += pending.calls
      // The tightest operator decides.
      capacity = Math.min(capacity, pending.capacity - pending.calls)
    }
    return { calls, capacity: calls + capacity }
  }

  take(): ChangelogResult {
    this.#flush()
    const result = {
      outputs: new Map(this.#sinks.map((sink) => [sink.name, sink.take()])),
      errors: this.#errors,
      late: this.#late,
      kept: this.#kept,
    }
    this.#kept = []
    this.#errors = []
    this.#late = []
    return result
  }

  kindOf(operator: string): string | undefined {
    return this.#stores.get(operator)?.kind
  }

  get operators(): readonly string[] {
    return [...this.#stores].flatMap(([operator, { store }]) => (store.keepsSomething ? [operator] : []))
  }

  takeChanges(): OperatorState[] {
    this.#flush()
    const changes: OperatorState[] = []
    for (const [operator, { store }] of this.#stores) {
      const blob = store.takeChange()
      if (blob !== undefined) changes.push({ operator, blob, liveUntil: null })
    }
    return changes
  }

  snapshot(operator: string): Uint8Array[] {
    return this.#stores.get(operator)?.store.snapshot() ?? []
  }

  restore(operator: string, blob: Uint8Array): void {
    const found = this.#stores.get(operator)
    if (found === undefined) this.#unknown.add(operator)
    else {
      found.store.restore(blob)
      this.#restored = true
    }
  }

  get unknownOperators(): readonly string[] {
    return [...this.#unknown]
  }

  stateInfo(): { operator: string; kind: string; rows: number; bytes: number }[] {
    return [...this.#stores].flatMap(([operator, { kind, store }]) =>
      store.rowCount === 0 ? [] : [{ operator, kind, rows: store.rowCount, bytes: store.estimateBytes() }],
    )
  }

  status(): readonly SourceStatus[] {
    const known = this.#watermarks.all.map((operator) => operator.status())
    const without = this.#program.sources.filter((table) => !known.some((each) => each.table === table))
    return [
      ...known,
      ...without.map((table) => ({
        table,
        watermark: this.#sources.get(table)?.every(({ finished }) => finished)
          ? Number.POSITIVE_INFINITY
          : Number.NEGATIVE_INFINITY,
        shards: [],
        idleTimeout: 0,
      })),
    ]
  }

  /** Before anything else happens after a restore. */
  #begin(): void {
    if (!this.#restored) return
    this.#restored = false
    for (const { store } of this.#stores.values()) store.expire(this.#now)
    for (const { operator } of this.#graph) operator.resume?.()
    this.#watermarks.noteIdle()
  }

  #flush(): void {
    this.#halfUpdate = undefined
    for (let i = 0; i < this.#flushable.length; i++) this.#flushable[i]!.flush()
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/** The operator as a person knows it. */
function describe(node: ChangelogNode): string {
  if (node.kind === 'source' || node.kind === 'watermark' || node.kind === 'lookup-join') {
    return `${node.kind} ${node.table}`
  }
  return node.kind
}
