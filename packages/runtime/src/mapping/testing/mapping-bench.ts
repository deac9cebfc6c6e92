/**
 * A stage and a function of which each record's behaviour is given, for laws over random mappings: what the function did is
 * emitted to stream `out` in the commit that moves the position, so that a record that was processed twice stands there twice.
 */
import type { CommitPoint, Store } from '@millrace/store'
import { openTables, type Tables } from '@millrace/tables'
import { seededRandom, type VirtualClock } from '@millrace/values'
import { Invocation } from '../../invocation.ts'
import { readStageRecordOf, type StageRecord } from '../../stage-record.ts'
import { readAll } from '../../testing/app-kit.ts'
import type { CallOutcome, FunctionCall } from '../function-runner.ts'
import type { MappingSettings } from '../mapping-settings.ts'
import { StageHost } from './stage-host.ts'

export interface Behaviour {
  /** How often a call with this record fails because of it; Infinity: always. */
  readonly failures: number
  /** How often a call whose first record it is is throttled. */
  readonly throttles: number
}

/** The function, and the model's idea of it: what it answers depends on how often it saw each record. */
export class ScriptedFunction {
  readonly calls: number[][] = []
  private readonly failed = new Map<number, number>()
  private readonly throttled = new Map<number, number>()
  private readonly behaviours: readonly Behaviour[]
  private readonly reports: boolean

  constructor(behaviours: readonly Behaviour[], reports: boolean) {
    this.behaviours = behaviours
    this.reports = reports
  }

  /** The index of the first record that failed; `length`: none did. */
  call(numbers: readonly number[]): 'throttled' | 'threw' | { readonly done: number } {
    const first = numbers[0]!
    const throttles = this.throttled.get(first) ?? 0
    this.calls.push([...numbers])
    if (throttles < this.behaviours[first]!.throttles) {
      this.throttled.set(first, throttles + 1)
      return 'throttled'
    }
    const bad = numbers.findIndex(
      (number) => (this.failed.get(number) ?? 0) < this.behaviours[number]!.failures,
    )
    if (bad < 0) return { done: numbers.length }
    const number = numbers[bad]!
    this.failed.set(number, (this.failed.get(number) ?? 0) + 1)
    // Every second failure is an exception, also of a function that reports items.
    return this.reports && this.failed.get(number)! % 2 === 1 ? { done: bad } : 'threw'
  }
}

export interface BenchOptions {
  readonly dir: string
  readonly clock: VirtualClock
  readonly shards: number
  readonly mapping: Partial<MappingSettings>
  readonly behaviours: readonly Behaviour[]
  readonly probe?: (point: CommitPoint) => void
}

/** Opens the stage with a new instance of the function; records are numbers as text. */
export async function openBench(
  options: BenchOptions,
): Promise<{ host: StageHost; script: ScriptedFunction }> {
  const { dir, clock, shards, mapping, behaviours, probe } = options
  const script = new ScriptedFunction(behaviours, mapping.reportItemFailures === true)
  // Known once the host is open, and calls come later.
  let store: Store | undefined
  let engine: Tables | undefined
  const call = async (call: FunctionCall): Promise<CallOutcome> => {
    const invocation = new Invocation(
      { stage: 'f', store: store!, engine: engine!, tables: new Map(), streams: new Set(['out', 'windows']) },
      call.records,
    )
    const numbers = call.records.map((record) => Number(record.text()))
    const answer = numbers.length === 0 ? { done: 0 } : script.call(numbers)
    if (answer === 'throttled') return { kind: 'throttled', reason: 'scripted' }
    if (answer === 'threw') return { kind: 'failed', error: new Error('scripted') }
    for (let i = 0; i < answer.done; i++) {
      const { partitionKey } = call.records[i]!
      invocation.emit('out', { key: partitionKey, number: numbers[i] }, 'one')
    }
    const { window } = call
    let state: { count: number } | undefined
    if (window !== undefined) {
      // Only this function writes the state.
      const { count = 0 } = JSON.parse(window.state) as { readonly count?: number }
      state = { count: count + answer.done }
      if (window.isFinal) invocation.emit('windows', { start: window.start, count }, 'one')
    }
    const failed = call.records[answer.done]
    const batchItemFailures = failed === undefined ? [] : [{ itemIdentifier: failed.text() }]
    return { kind: 'returned', value: { state, batchItemFailures }, writes: [invocation] }
  }
  const retentionMs = 7 * 86_400_000
  const host = await StageHost.open({
    dir,
    clock,
    random: seededRandom(1),
    streams: [
      { name: 'in', shards, retentionMs },
      { name: 'out', shards: 1, retentionMs },
      { name: 'windows', shards: 1, retentionMs },
    ],
    mapping,
    call,
    limits: { retryDelayMs: 100, retryDelayMaxMs: 400 },
    ...(probe === undefined ? {} : { probe }),
  })
  store = host.store
  engine = openTables({ store, region: 'us-east-1' })
  return { host, script }
}

export interface LeftOver {
  readonly out: readonly { readonly key: string; readonly number: number }[]
  readonly dead: readonly number[]
  readonly windows: readonly { readonly start: number; readonly count: number }[]
  readonly record: Extract<StageRecord, { kind: 'function' }>
}

export function leftOver(host: StageHost): LeftOver {
  const { store } = host
  return {
    out: readAll(store, 'out').map((text) => JSON.parse(text)),
    windows: readAll(store, 'windows').map((text) => JSON.parse(text)),
    dead: host.items('dead-letters').map(({ text }) => Number(text)),
    record: readStageRecordOf('function', 'f', store.getStage('f'))!,
  }
}
