/**
 * Tries the batches of lanes, one at a time in each, and decides what follows from each outcome. What is decided is a fate,
 * which the stage commits together with the positions; a lane goes on when its fates are committed.
 *
 * Rules, as AWS has them: 1 + maxRetries tries with growing waits, then the batch is given up and the lane goes on; a
 * throttled call is no try; progress reported by the function begins a new count, in which the call that reported it is the
 * first try; splitting a batch in two is no try either, and single records are tried by count; records that have become
 * too old are given up before a try, the others of their batch are not. And one rule of our own: an error that blames
 * records by name (a table key that is missing, data that is not JSON) is final for them and no fault of their neighbours.
 */
import { RuntimeError } from '../errors.ts'
import type { Invocation } from '../invocation.ts'
import { retryDelayMs } from '../retry.ts'
import type { StageContext } from '../stage.ts'
import type { BatchRecord } from '../stream-record.ts'
import { Batch, type Death, type Passed } from './batch.ts'
import type { CallOutcome, FunctionCall, FunctionRunner } from './function-runner.ts'
import type { BatchRules, Lane } from './lane.ts'
import type { MappedShard } from './mapped-shard.ts'
import type { MappingSettings } from './mapping-settings.ts'
import { meteredCall } from './metered-call.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** Records whose fate is decided, and what was written for them. */
export interface Fate extends Passed {
  readonly shard: MappedShard
  readonly lane: Lane
  readonly writes: readonly Invocation[]
  /** Puts lane and batch back as they were before it was decided. */
  readonly undo: (() => void) | undefined
}

interface Place {
  readonly shard: MappedShard
  readonly lane: Lane
  readonly batch: Batch
}

const noShards: readonly MappedShard[] = []
const noWrites: readonly Invocation[] = []
const nothingPassed: Passed = { done: [], dead: [] }

export class Attempts {
  /** Decided and not committed. */
  fates: Fate[] = []
  /** Calls in flight. */
  running = 0
  /** A window has ended by the clock, and waits for a commit that is later than its end: see `finalIsDue`. */
  wantsFence = false
  /** Time of the stage's last commit. */
  committedAt = Number.NEGATIVE_INFINITY
  private readonly stage: string
  private readonly mapping: MappingSettings
  private readonly runner: FunctionRunner
  private readonly context: StageContext
  private readonly rules: BatchRules
  private readonly onSettled: () => void

  constructor(
    stage: string,
    mapping: MappingSettings,
    runner: FunctionRunner,
    context: StageContext,
    onSettled: () => void,
  ) {
    this.stage = stage
    this.mapping = mapping
    this.runner = runner
    this.context = context
    this.onSettled = onSettled
    this.rules = {
      records: mapping.batchSize,
      bytes: runner.callBytesMax,
      bytesOf: (record) => runner.callBytes(record),
    }
  }

  /**
   * Lets a lane go on if it can; true if a call has begun or records were given up. `beside`: shards of the stage's other stream,
   * whose lanes may have the same keys (redriven records): records of one key are never at work twice.
   */
  work(shard: MappedShard, lane: Lane, nowMs: number, beside: readonly MappedShard[] = noShards): boolean {
    if (lane.unsettled > 0) return false
    endWindowEarly(shard, lane, nowMs)
    const batch = lane.batches[0] ?? this.next(shard, lane, nowMs)
    if (batch === undefined || batch.running || batch.retryAt > nowMs) return false
    if (haveKeyOf(batch, beside)) return false
    const place = { shard, lane, batch }
    if (this.giveUpOld(place, nowMs)) return true
    if (batch.attempts === 0) batch.firstTime = nowMs
    batch.tries++
    batch.attempts++
    void this.call(place)
    return true
  }

  /**
   * When the lane may go on though nothing happens, after `work` was last called at `lookedAtMs`. What had come by then was
   * seen and waits for something else; Infinity if that is all.
   */
  dueAtMs(shard: MappedShard, lane: Lane, lookedAtMs: number): number {
    const batch = lane.batches[0]
    if (batch !== undefined)
      return batch.running ? Number.POSITIVE_INFINITY : after(batch.retryAt, lookedAtMs)
    const { next } = lane
    const { window } = shard
    let due = window?.open?.end ?? Number.POSITIVE_INFINITY
    if (next !== undefined) {
      due = Math.min(due, next.loggedAtMs + this.mapping.batchingWindowMs)
      if (window !== undefined) due = Math.min(due, window.endOf(window.startOf(next.loggedAtMs)))
    }
    return after(due, lookedAtMs)
  }

  private next(shard: MappedShard, lane: Lane, nowMs: number): Batch | undefined {
    const { window } = shard
    if (window !== undefined) {
      // State goes from call to call: lanes of an earlier deal take turns.
      if (shard.lanes.some((other) => other !== lane && (other.batches.length > 0 || other.unsettled > 0)))
        return undefined
      const { open } = window
      if (open !== undefined && this.finalIsDue(shard, nowMs)) {
        const final = new Batch([], nowMs, open.start, true)
        lane.batches.push(final)
        return final
      }
    }
    const head = lane.next
    if (head === undefined) return undefined
    // Windows come one after the other, so of several lanes the one goes on that waits with the oldest record.
    if (
      window !== undefined &&
      shard.lanes.some(({ next }) => next !== undefined && next.position < head.position)
    )
      return undefined
    return lane.form(this.rules, window) || this.isDue(shard, head, nowMs)
      ? lane.begin(nowMs, window)
      : undefined
  }

  /** Whether a batch goes that could take further records. */
  private isDue(shard: MappedShard, head: BatchRecord, nowMs: number): boolean {
    const { batchingWindowMs } = this.mapping
    if (batchingWindowMs === 0 || nowMs >= head.loggedAtMs + batchingWindowMs || shard.isFull) return true
    const { window } = shard
    if (window !== undefined && nowMs >= window.endOf(window.startOf(head.loggedAtMs))) return true
    return shard.hasEnded()
  }

  /**
   * After all records of the open window. That no further one comes is known from a record of a later window, from the end
   * of the shard, or from the clock; but a commit of another thread may be under way whose records arrived before the
   * window's end. Commits come one after the other and their times never decrease: so once we have committed after the end
   * of the window and then read the shard to its head, all are there.
   */
  private finalIsDue(shard: MappedShard, nowMs: number): boolean {
    const window = shard.window!
    const open = window.open!
    if (window.isTerminated) return true
    let waiting = false
    for (const { next } of shard.lanes) {
      if (next === undefined) continue
      if (window.startOf(next.loggedAtMs) === open.start) return false
      waiting = true
    }
    if (waiting) return true
    if (nowMs >= open.end) {
      if (this.committedAt >= open.end) return shard.lag() === 0
      this.wantsFence = true
    }
    return shard.hasEnded()
  }

  /** Calls the function until the batch waits for a retry or its fate is decided. Never rejects. */
  private async call(place: Place): Promise<void> {
    const { shard, lane, batch } = place
    const log = {
      stream: shard.stream,
      shard: shard.shard,
      lane: shard.lanes.indexOf(lane),
      lanes: shard.lanes.length,
    }
    batch.running = true
    this.running++
    for (let again = true; again; ) {
      const records = batch.live()
      const first = records[0]
      const call: FunctionCall = {
        records,
        stream: first?.stream ?? shard.stream,
        shard: first?.shard ?? shard.shard,
        log,
        attempt: batch.tries,
        window: batch.window === undefined ? undefined : shard.window!.call(batch.window, batch.isFinal),
        signal: this.context.stopping,
      }
      again = this.follow(place, call, await meteredCall(this.runner, call, this.context))
    }
    batch.running = false
    this.running--
    this.onSettled()
  }

  /** True if the batch is to be tried again at once. */
  private follow(place: Place, call: FunctionCall, outcome: CallOutcome): boolean {
    const { lane, batch } = place
    const verdict: Verdict = verdictOf(call, outcome, {
      stage: this.stage,
      mapping: this.mapping,
      itemId: (record) => this.runner.itemId(record),
    })
    const writes = 'writes' in outcome ? outcome.writes : noWrites
    const requestId = 'requestId' in outcome ? outcome.requestId : undefined
    switch (verdict.kind) {
      case 'done':
        this.settle(place, call.records.length, writes, verdict.state)
        return false
      case 'progress': {
        const { done, error } = verdict
        if (done > 0) {
          this.settle(place, done, writes, verdict.state)
          batch.tries = 1
          batch.attempts = 1
        }
        this.retryOrGiveUp(place, { error, functionFailed: false, requestId })
        return false
      }
      case 'blamed':
        batch.giveUp(verdict.records, this.death(batch, 'blamed', { error: verdict.error, requestId }))
        if (batch.live().length > 0) return true
        this.settle(place, 0, noWrites, undefined)
        return false
      case 'failed': {
        const { length } = call.records
        if (this.mapping.bisect && length > 1) {
          // The first part takes the odd one.
          lane.batches.splice(1, 0, batch.cut(Math.ceil(length / 2)))
          batch.tries = 0
        } else this.retryOrGiveUp(place, { error: verdict.error, functionFailed: true, requestId })
        return false
      }
      case 'throttled':
        batch.tries--
        batch.attempts--
        batch.throttles++
        batch.retryAt = this.retryTime(batch.throttles)
        return false
    }
  }

  /** Gives the batch up if its tries are used up. */
  private retryOrGiveUp(place: Place, failure: Failure): void {
    const { batch } = place
    batch.throttles = 0
    // A final call blocks its shard until it succeeds: there is no record to be given up, and nobody else has its state.
    if (batch.isFinal || batch.tries <= this.mapping.maxRetries) {
      batch.retryAt = this.retryTime(batch.tries)
      return
    }
    batch.giveUp(batch.live(), this.death(batch, 'attempts', failure))
    this.settle(place, 0, noWrites, undefined)
  }

  /** Gives up the records that have become too old; true if there were any. They are the first ones: records come in order. */
  private giveUpOld(place: Place, nowMs: number): boolean {
    const { shard, batch } = place
    const { maxRecordAgeMs } = this.mapping
    const first = batch.first
    // What is tried for the first time was just read, so it is still there.
    const oldest = batch.attempts > 0 && !batch.isFinal ? shard.oldest() : 0
    if (first === undefined) return false
    if (nowMs - first.loggedAtMs <= maxRecordAgeMs && first.position >= oldest) return false
    const live = batch.live()
    const expired = live.filter((record) => record.position < oldest)
    const old = live.filter(
      (record) => record.position >= oldest && nowMs - record.loggedAtMs > maxRecordAgeMs,
    )
    if (expired.length + old.length === 0) return false
    const where = `function "${this.stage}", shard ${shard.shard}`
    const tooOld = new RuntimeError('RECORD_TOO_OLD', {
      place: where,
      what: `older than ${maxRecordAgeMs} ms after ${batch.attempts} attempts`,
      next: 'Raise the maximum record age, or the concurrency of the function',
    })
    const lost = new RuntimeError('RECORD_EXPIRED', {
      place: where,
      what: `the stream has deleted it by its retention after ${batch.attempts} attempts`,
      next: 'Limit the retries or the record age, so that records are given up earlier',
    })
    batch.giveUp(expired, this.death(batch, 'expiry', { error: lost }))
    batch.giveUp(old, this.death(batch, 'age', { error: tooOld }))
    this.settle(place, 0, noWrites, undefined)
    return true
  }

  /** Passes the first `live` records and the dead among them to the commit. */
  private settle(
    { shard, lane, batch }: Place,
    live: number,
    writes: readonly Invocation[],
    state: string | undefined,
  ): void {
    const undo = writes.length === 0 ? undefined : savedPlace({ shard, lane, batch })
    const passed = batch.isFinal ? nothingPassed : batch.pass(live)
    if (batch.size === 0) lane.batches.shift()
    if (batch.window !== undefined) {
      if (batch.isFinal) shard.window!.close(state)
      else shard.window!.settle(batch.window, state)
    }
    lane.unsettled++
    this.fates.push({ done: passed.done, dead: passed.dead, shard, lane, writes, undo })
  }

  /**
   * A fate that cannot be committed: a condition of its writes does not hold any more. The function is called again with its
   * records, at once, and the call that was in vain is no try. Gives the fates that are left: what was decided in the lane
   * afterwards goes with it.
   */
  takeBack(fate: Fate, fates: readonly Fate[]): readonly Fate[] {
    const from = fates.indexOf(fate)
    const gone = fates.filter(({ lane }, i) => i >= from && lane === fate.lane)
    fate.lane.unsettled -= gone.length
    fate.undo?.()
    return fates.filter((each) => !gone.includes(each))
  }

  private retryTime(tries: number): number {
    const { clock, limits, random } = this.context
    return clock.now() + retryDelayMs(tries + 1, limits, random)
  }

  private death(batch: Batch, cause: Death['cause'], failure: Partial<Failure>): Death {
    return {
      error: failure.error,
      cause,
      attempts: batch.attempts,
      tries: batch.tries,
      firstTime: batch.firstTime,
      functionFailed: failure.functionFailed ?? true,
      requestId: failure.requestId,
    }
  }
}

/** What is left of a batch whose state has grown too large comes after the final call, and begins with an empty state. */
function endWindowEarly({ window }: MappedShard, lane: Lane, nowMs: number): void {
  const batch = lane.batches[0]
  if (window?.isTerminated !== true || batch === undefined || batch.isFinal || batch.running) return
  lane.batches.unshift(new Batch([], nowMs, window.open!.start, true))
}

interface Failure {
  readonly error: unknown
  readonly functionFailed: boolean
  readonly requestId: string | undefined
}

/**
 * Whether a lane of these shards is at work on a key of the batch. Of what is decided and not committed the keys are not known any
 * more; the next step commits it, so it counts as if it had all keys.
 */
function haveKeyOf(batch: Batch, shards: readonly MappedShard[]): boolean {
  let keys: Set<string> | undefined
  for (const { lanes } of shards) {
    for (const { batches, unsettled } of lanes) {
      if (unsettled > 0) return true
      const [other] = batches
      if (other?.running !== true) continue
      keys ??= new Set(batch.live().map(({ partitionKey }) => partitionKey))
      for (const { partitionKey } of other.live()) if (keys.has(partitionKey)) return true
    }
  }
  return false
}

/** What puts a lane back to where its first batch was just tried, that try not counted. */
function savedPlace({ shard, lane, batch }: Place): () => void {
  const batches = [...lane.batches]
  const restoreBatch = batch.saved()
  const restoreWindow = shard.window?.saved()
  return () => {
    lane.batches = batches
    restoreBatch()
    restoreWindow?.()
    batch.tries--
    batch.attempts--
    batch.retryAt = 0
  }
}

function after(timeMs: number, lookedAtMs: number): number {
  return timeMs > lookedAtMs ? timeMs : Number.POSITIVE_INFINITY
}
