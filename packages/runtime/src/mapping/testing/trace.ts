/**
 * Traces of a mapping under virtual time: what is fed and how the function behaves goes in, what the mapping does comes out
 * as text, line by line:
 *
 *       0.0s  call 1-10 -> throw           a call with these records, and what the script made of it
 *       1.0s  call 1-10 try 2 -> items 4
 *       1.0s  done 3                       the checkpoint: all records up to this one (lanes: a|b, shards: a, b)
 *       2.0s  call 4-10 try 2 -> throw
 *       2.0s  report of 7 RetryAttemptsExhausted, tries 2
 *       2.0s  dead 4-10 Error              among the dead letters now
 *
 * Feed, one line a commit: `1.5s a1 a2 b3 / c4` puts records 1 and 2 of key a and 3 of key b, and 4 of key c into the next
 * shard. In one shard, number them from 1 without gaps, so that checkpoints are numbers of records.
 *
 * Script: what each call does, in order; the last one goes on for ever. Or a function of the call.
 *   ok, throw, throttle           items 4 7    batchItemFailures with these
 *   state {"n":1}                 returns that state (may be followed by: items ...)
 *   return TEXT                   returns this JSON value
 *   2s ...                        takes that long first
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store, type StreamDefinition } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import { expect } from 'vitest'
import { DeadLetters } from '../../dead-letters/dead-letters.ts'
import type { RunLimits } from '../../run-limits.ts'
import { readStageRecordOf } from '../../stage-record.ts'
import type { CallOutcome, FunctionCall } from '../function-runner.ts'
import type { MappingSettings } from '../mapping-settings.ts'
import { StageHost } from './stage-host.ts'

export interface TraceSpec {
  readonly mapping?: Partial<MappingSettings>
  readonly feed: readonly string[]
  readonly script: readonly string[] | ((call: TracedCall) => string)
  /** Ends there; 60s unless given. */
  readonly until?: string
  /** Starts the stage then for the first time; at once unless given. */
  readonly openAt?: string
  /** Stops the stage then; the next restart starts it again. */
  readonly stoppedAt?: string
  /** Stops and starts the stage again at these times. */
  readonly restarts?: readonly string[]
  /** Sends all dead letters back then. */
  readonly redriveAt?: string
  /** Closes shard 0 at this time; two others follow. */
  readonly splitAt?: string
  readonly shards?: number
  readonly retentionMs?: number
  readonly callBytesMax?: number
  readonly limits?: Partial<RunLimits>
}

export interface TracedCall {
  readonly numbers: readonly number[]
  /** Keys of the records, in order. */
  readonly keys: readonly string[]
  readonly attempt: number
  readonly shard: number
  readonly atMs: number
  /** Parsed; undefined without windows. */
  readonly state: Record<string, unknown> | undefined
  readonly isFinal: boolean
}

const startMs = Date.UTC(2026, 0, 1)
const encoder = new TextEncoder()
/** No jitter: waits of 1 s, 2 s, 4 s and so on. */
const limits = { retryDelayMs: 2_000, retryDelayMaxMs: 64_000 }
const noJitter = { next: () => 0, below: () => 0 }

export async function trace(spec: TraceSpec): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-trace-'))
  try {
    const tracer = new Tracer(dir, spec)
    await tracer.run()
    return tracer.text()
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

class Tracer {
  private readonly dir: string
  private readonly spec: TraceSpec
  private readonly clock = new VirtualClock(startMs)
  private readonly lines: string[] = []
  private host: StageHost | undefined
  private scripted = 0
  private seen = ''
  private reported = 0
  private letters: ReadonlySet<string> = new Set()

  constructor(dir: string, spec: TraceSpec) {
    this.dir = dir
    this.spec = spec
  }

  async run(): Promise<void> {
    const { feed, openAt, stoppedAt, redriveAt, restarts = [], splitAt, until = '60s' } = this.spec
    if (openAt === undefined) this.host = await this.open()
    const happenings = [
      ...(openAt === undefined ? [] : [{ at: msOf(openAt), what: 'open' }]),
      ...(stoppedAt === undefined ? [] : [{ at: msOf(stoppedAt), what: 'stop' }]),
      ...feed.map((line) => ({ at: msOf(line.split(' ')[0]!), what: line })),
      ...restarts.map((time) => ({ at: msOf(time), what: 'restart' })),
      ...(redriveAt === undefined ? [] : [{ at: msOf(redriveAt), what: 'redrive' }]),
      ...(splitAt === undefined ? [] : [{ at: msOf(splitAt), what: 'split' }]),
    ].sort((a, b) => a.at - b.at)
    for (const { at, what } of happenings) {
      // What is fed at a moment is there when the stage looks at that moment.
      if (startMs + at > this.clock.now()) {
        await this.host?.runTo(startMs + at - 1)
        await this.clock.advance(startMs + at - this.clock.now())
      }
      if (what === 'open') this.host = await this.open()
      else if (what === 'restart' || what === 'stop') {
        await this.host?.stop()
        this.host = undefined
        this.say(what)
        if (what === 'restart') this.host = await this.open()
      } else if (what === 'redrive') await this.withStore((store) => this.redrive(store))
      else await this.withStore((store) => (what === 'split' ? this.split(store) : this.put(store, what)))
    }
    if (this.host === undefined) throw new Error('the stage was not started again')
    await this.host.runTo(startMs + msOf(until))
    this.balance(this.host.store)
    await this.host.stop()
  }

  text(): string {
    return `\n${this.lines.join('\n')}\n`
  }

  /** The stage's store; while the stage does not run, one of its own. */
  private async withStore(work: (store: Store) => void | Promise<void>): Promise<void> {
    if (this.host !== undefined) return work(this.host.store)
    const store = await openStore({ dir: this.dir, clock: this.clock })
    for (const stream of this.streams()) store.defineStream(stream)
    await work(store)
    await store.close()
  }

  private streams(): StreamDefinition[] {
    const { shards = 1, retentionMs = 7 * 86_400_000 } = this.spec
    return [
      { name: 'in', shards, retentionMs },
      { name: 'failures', shards: 1, retentionMs },
    ]
  }

  private open(): Promise<StageHost> {
    const { mapping, callBytesMax } = this.spec
    return StageHost.open({
      dir: this.dir,
      clock: this.clock,
      random: noJitter,
      streams: this.streams(),
      mapping: { onFailure: { kind: 'stream', stream: 'failures' }, ...mapping },
      limits: { ...limits, ...this.spec.limits },
      call: (call) => this.call(call),
      ...(callBytesMax === undefined ? {} : { callBytesMax }),
      probe: (point) => {
        if (point === 'after-commit') this.committed()
      },
    })
  }

  private async call(call: FunctionCall): Promise<CallOutcome> {
    const { script, mapping = {}, shards = 1, splitAt } = this.spec
    const numbers = call.records.map((record) => Number(record.text()))
    const state = call.window && JSON.parse(call.window.state)
    const traced: TracedCall = {
      numbers,
      keys: call.records.map((record) => record.partitionKey),
      attempt: call.attempt,
      shard: call.shard,
      atMs: this.clock.now() - startMs,
      state,
      isFinal: call.window?.isFinal === true,
    }
    const line =
      typeof script === 'function' ? script(traced) : script[Math.min(this.scripted++, script.length - 1)]!
    const several = shards > 1 || splitAt !== undefined
    const parts = ['call']
    if (several) parts.push(`shard ${call.shard}`)
    parts.push(rangesOf(numbers))
    if (call.attempt > 1) parts.push(`try ${call.attempt}`)
    if (call.window !== undefined) {
      const { start, end, isFinal, isTerminatedEarly } = call.window
      parts.push(`of ${(start - startMs) / 1000}..${(end - startMs) / 1000}s`)
      parts.push(call.window.state.length > 60 ? `{${call.window.state.length} bytes}` : call.window.state)
      if (isFinal) parts.push(isTerminatedEarly ? 'final early' : 'final')
    }
    const shown = line.length > 80 ? `${line.slice(0, 20)}... (${line.length} bytes)` : line
    this.say(`${parts.join(' ')} -> ${shown}`)
    const [, pause, what] = /^(?:([\d.]+m?s) )?(.*)$/.exec(line)!
    if (pause !== undefined) {
      await this.clock.sleep(msOf(pause))
      this.say(`end  ${rangesOf(numbers)}`)
    }
    expect(numbers.length).toBeLessThanOrEqual(mapping.batchSize ?? 100)
    return outcomeOf(what!)
  }

  /** Says what the commit changed. */
  private committed(): void {
    const store = this.host?.store
    // The commits of opening: nothing is known then.
    if (store === undefined) return
    const record = readStageRecordOf('function', 'f', store.getStage('f'))
    if (record !== undefined) {
      const shards = [...record.shards, ...(record.redrive?.shards ?? [])]
      const text = shards
        .map(({ lanes, window }) => {
          const open = window === undefined ? '' : ` (window ${(window.start - startMs) / 1000}s)`
          return `${lanes.join('|')}${open}`
        })
        .join(', ')
      if (text !== this.seen) this.say(`done ${text}`)
      this.seen = text
    }
    const failures = store.shard('failures', 0)
    for (const { batches } of [
      store.read('failures', 0, this.reported, { maxRecords: 1_000, maxBytes: 1e9 }),
    ]) {
      for (const batch of batches) {
        if (!('count' in batch)) throw new Error(batch.reason)
        for (let i = 0; i < batch.count; i++) {
          if (batch.firstSequence + i < this.reported) continue
          const { bytes, dataStart } = batch
          this.report(JSON.parse(Buffer.from(bytes.subarray(dataStart[i]!, dataStart[i + 1]!)).toString()))
        }
      }
    }
    this.reported = failures.next
    // Only dead-letter.ts writes these items.
    const letters = this.host!.items('dead-letters') as unknown as readonly Letter[]
    const fresh = letters.filter(({ id }) => !this.letters.has(id))
    this.letters = new Set(letters.map(({ id }) => id))
    for (const code of new Set(fresh.map(({ error }) => error.code))) {
      const numbers = fresh.filter(({ error }) => error.code === code).map(({ text }) => Number(text))
      this.say(`dead ${rangesOf(numbers)} ${code}`)
    }
  }

  private report(report: {
    readonly requestContext: { readonly condition: string; readonly approximateInvokeCount: number }
    readonly KinesisBatchInfo: { readonly batchSize: number }
  }): void {
    const { condition, approximateInvokeCount } = report.requestContext
    const { batchSize } = report.KinesisBatchInfo
    this.say(`report of ${batchSize} ${condition}, tries ${approximateInvokeCount}`)
  }

  private put(store: Store, line: string): void {
    const [, ...words] = line.split(' ')
    let shard = 0
    const records: { key: Uint8Array; data: Uint8Array; shard: number }[] = []
    for (const word of words) {
      if (word === '/') shard++
      else {
        for (const [key, number] of recordsOf(word)) {
          records.push({ key: encoder.encode(key), data: encoder.encode(String(number)), shard })
        }
      }
    }
    store.commit((transaction) => transaction.append('in', records))
  }

  private async redrive(store: Store): Promise<void> {
    const { redriven } = await new DeadLetters(store).redrive({})
    this.say(`redriven ${redriven}`)
  }

  private split(store: Store): void {
    const { range } = store.shard('in', 0)
    const middle = (range.start + range.end) / 2n
    store.reshard('in', {
      close: [0],
      open: [
        { range: { start: range.start, end: middle }, parents: [0] },
        { range: { start: middle + 1n, end: range.end }, parents: [0] },
      ],
    })
    this.say('split shard 0')
  }

  /** in = out + late + filtered + dead + in flight. */
  private balance(store: Store): void {
    const record = readStageRecordOf('function', 'f', store.getStage('f'))
    if (record === undefined) return
    let taken = 0
    for (const { read, start, inFlight } of [...record.shards, ...(record.redrive?.shards ?? [])]) {
      taken += read - start - inFlight
    }
    const { out, late, filtered, dead } = record.ledger
    expect(out + late + filtered + dead, 'ledger').toBe(taken)
  }

  private say(text: string): void {
    const seconds = (this.clock.now() - startMs) / 1000
    this.lines.push(`${seconds.toFixed(1).padStart(7)}s  ${text}`)
  }
}

interface Letter {
  readonly id: string
  readonly text: string
  readonly error: { readonly code: string }
}

function outcomeOf(what: string): CallOutcome {
  const [verb = '', ...rest] = what.split(' ')
  const argument = rest.join(' ')
  switch (verb) {
    case 'ok':
      return { kind: 'returned', value: undefined, writes: [] }
    case 'throw':
      return { kind: 'failed', error: new Error('scripted') }
    case 'throttle':
      return { kind: 'throttled', reason: 'scripted' }
    case 'return':
      return { kind: 'returned', value: JSON.parse(argument), writes: [] }
    case 'items':
      return { kind: 'returned', value: itemFailures(rest), writes: [] }
    case 'state': {
      const [state = '', items] = argument.split(' items ')
      const failures = items === undefined ? {} : itemFailures(items.split(' '))
      return { kind: 'returned', value: { state: JSON.parse(state), ...failures }, writes: [] }
    }
    default:
      throw new Error(`no such outcome in a script: ${what}`)
  }
}

function itemFailures(ids: readonly string[]): { batchItemFailures: { itemIdentifier: string }[] } {
  return { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) }
}

/** `a3` is one record, `a3-7` are five of the key a. */
function recordsOf(word: string): [string, number][] {
  const match = /^([a-z]+)(\d+)(?:-(\d+))?$/.exec(word)
  if (match === null) throw new Error(`not a record of a feed: ${word}`)
  const [, key, first, last = first] = match
  const numbers = Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i)
  return numbers.map((number) => [key!, number])
}

/** 1, 2, 3, 7 as `1-3 7`; `none` for nothing. */
function rangesOf(numbers: readonly number[]): string {
  if (numbers.length === 0) return 'none'
  const parts: string[] = []
  for (let i = 0; i < numbers.length; ) {
    const from = i
    while (i + 1 < numbers.length && numbers[i + 1] === numbers[i]! + 1) i++
    parts.push(from === i ? `${numbers[i]}` : `${numbers[from]}-${numbers[i]}`)
    i++
  }
  return parts.join(' ')
}

function msOf(text: string): number {
  const match = /^([\d.]+)(ms|s)$/.exec(text)
  if (match === null) throw new Error(`not a time: ${text}`)
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1)
}
