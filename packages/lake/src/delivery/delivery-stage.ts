/**
 * The stage of a delivery that carries records from the log to objects or a table.
 *
 *   read -> rows -> a buffer for each part -> due: plan -> commit -> store -> commit as done
 *
 * A buffer is due when it is full, when its first row is old enough, when the settings have changed, when memory is short, or when
 * nothing more will come. Then it is cut: a plan says what it covers (positions of all shards) and under which key it goes. The plan
 * is committed before anything is stored; once the object is there, one transaction moves the positions, lists the object in the
 * catalog and tells those who listen. Whatever is killed in between, the plan is made again from the log, with the same records under
 * the same key, so a reader sees every row once (progress.ts).
 *
 * What belongs to which part must be the same in every replay. It follows from the record and from the output that holds for it
 * (by arrival time, or from the position at which a table's new schema was noticed); the one thing that does not, whether there were
 * too many partitions, is kept with the plans.
 *
 * Cost: a run of plain records is one copy; a commit costs a look at each open buffer.
 * Ledger: out are records whose rows are stored, dead those that went to the errors or could not be read, filtered those without rows.
 */
import {
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
import type { Transaction } from '@millrace/store'
import { DeliveryMetrics, type MetricsRole } from './delivery-metrics.ts'
import { type Input, type Own, ownOf } from './input-chain.ts'
import type { Outputs, SchemaStep } from './outputs.ts'
import { type Plan, Progress } from './progress.ts'
import { Router, type RouterInit } from './router.ts'
import { failureText, RunningPlans, type StoredPlan } from './running-plans.ts'
import { StageReading } from './stage-reading.ts'

const readBytes = 4 * 1024 * 1024
const readRecords = 16_384
/** Positions are committed at least once for so much read, so that who feeds the stage sees that it reads. */
const commitBytes = 16 * 1024 * 1024
/** And so long after something was read, so that reports see it. */
const commitMs = 1_000

export interface DeliveryStageInit {
  readonly name: string
  readonly role: MetricsRole
  /** Tells deliveries of one name apart, in names of objects. */
  readonly incarnation: string
  /** Settles what it reads, before it reads the record of an earlier run; the inputs of a stage that has never run. */
  chain(): readonly Input[]
  outputs(steps: readonly SchemaStep[]): Outputs
  readonly preparedStream: string | undefined
  readonly aggregatedStream: string | undefined
  readonly sequenceNumber: RouterInit['sequenceNumber']
  /** Of buffers, open ones and those that are being stored. */
  readonly memoryMax: number
  /** Objects that are stored at the same time. */
  readonly concurrency: number
  close?(): Promise<void>
}

export class DeliveryStage implements Stage {
  readonly kind = 'delivery'
  readonly name: string
  private readonly init: DeliveryStageInit
  private readonly context: StageContext
  private readonly progress: Progress
  private readonly running: RunningPlans
  private readonly metrics: DeliveryMetrics
  private reading!: StageReading
  private outputs!: Outputs
  private router!: Router
  private ledger = new Ledger()
  private stretches: Stretch[] = []
  /** Bytes read since the last commit; something was read at all. */
  private uncommitted = 0
  private isDirty = false
  private committedAt = Number.NEGATIVE_INFINITY
  private isFlushing = false
  private isGone = false
  /** Why nothing can be stored, while that is so. */
  blocked: string | undefined
  private ready: (() => void) | undefined

  constructor(init: DeliveryStageInit, context: StageContext) {
    const { clock, random, limits } = context
    this.name = init.name
    this.init = init
    this.context = context
    this.progress = new Progress(init.name)
    this.metrics = new DeliveryMetrics(init.role, context)
    this.running = new RunningPlans({
      clock,
      random,
      limits,
      concurrency: init.concurrency,
      watcher: { failed: (plan, error) => this.failed(plan, error), wake: () => this.wake() },
    })
  }

  async open(): Promise<void> {
    const { store, clock, random } = this.context
    const { init, name } = this
    const inputs = init.chain()
    const record = readStageRecordOf('delivery', name, store.getStage(name))
    if (record !== undefined) this.ledger = new Ledger(record.ledger)
    const own = record && ownOf(record)
    this.reading = new StageReading(
      store,
      own?.inputs ?? inputs,
      record && { ...record, places: own?.places },
    )
    refuseReplaced(record?.made, this.reading.made())
    this.outputs = init.outputs(own?.steps ?? [])
    this.isGone = !this.outputs.refresh(() => this.schemaFrom())
    this.router = new Router({
      stage: name,
      incarnation: init.incarnation,
      reading: this.reading,
      progress: this.progress,
      outputs: this.outputs,
      clock,
      random,
      preparedStream: init.preparedStream,
      aggregatedStream: init.aggregatedStream,
      sequenceNumber: init.sequenceNumber,
    })
    for (const plan of this.progress.load(store)) this.router.remake(plan)
    // Where it began has to outlast a stop before its first record.
    if (record === undefined && !this.isGone) this.commit([])
  }

  async step(): Promise<StepResult> {
    const { stopping, clock, limits } = this.context
    if (this.isGone) return this.running.storing === 0 ? 'done' : 'idle'
    if (!this.outputs.refresh(() => this.schemaFrom())) {
      this.isGone = true
      return 'worked'
    }
    const read = stopping.aborted || !this.hasRoom() ? 0 : this.read()
    if (!stopping.aborted) {
      for (const planned of this.router.remade()) this.running.add(planned)
      this.router.cutDue(clock.now())
      if (this.isFlushing && read === 0 && this.hasRoom()) this.router.cutAll()
      this.boundMemory()
    }
    const stored = this.running.isCommitDue ? this.storedInOrder() : []
    const isQuiet = read === 0 && this.running.count === 0 && this.router.openCount === 0
    const isDue =
      this.isDirty &&
      (isQuiet ||
        this.uncommitted >= Math.min(commitBytes, limits.unreadBytesMax / 4) ||
        clock.now() >= this.committedAt + commitMs)
    const commits = stored.length > 0 || this.router.cuts.length > 0 || this.stretches.length > 0 || isDue
    if (commits) this.commit(stored)
    const started = !stopping.aborted && !this.isGone && this.running.start()
    if (read > 0 || commits || started) return 'worked'
    return stopping.aborted && this.running.storing === 0 ? 'done' : 'idle'
  }

  dueInMs(): number {
    if (this.context.stopping.aborted || this.isGone) return Number.POSITIVE_INFINITY
    const commitAt = this.isDirty ? this.committedAt + commitMs : Number.POSITIVE_INFINITY
    const dueAt = Math.min(this.router.dueAt(), this.running.retryAt, commitAt)
    return Math.max(0, dueAt - this.context.clock.now())
  }

  onReady(callback: () => void): void {
    if (this.running.isCommitDue && this.storedInOrder().length > 0) callback()
    else this.ready = callback
  }

  busy(): boolean {
    return this.running.storing > 0
  }

  flush(): void {
    this.isFlushing = true
    this.wake()
  }

  async close(): Promise<void> {
    this.running.close()
    this.router?.close()
    await this.init.close?.()
  }

  private read(): number {
    const { reading, router } = this
    const pieces = reading.take(readRecords, Math.min(readBytes, this.init.memoryMax / 8))
    let records = 0
    for (const piece of pieces) {
      const place = reading.placeOf(piece)
      if (piece.kind === 'stretch') {
        const from = Math.max(piece.from, reading.storedAt(place))
        if (from < piece.to) this.stretches.push({ ...piece, from })
        reading.read[place] = piece.to
        records += piece.to - piece.from
        continue
      }
      const { batch, from, to } = piece
      router.take(piece, place)
      records += to - from
      const bytes = batch.dataStart[to]! - batch.dataStart[from]!
      this.uncommitted += bytes
      this.metrics.read(to - from, bytes, batch.arrivalTime)
    }
    if (records > 0) this.isDirty = true
    else this.metrics.caughtUp()
    if (reading.missing > 0) {
      const lost = reading.lost()
      if (lost !== undefined) this.stretches.push(lost)
    }
    return records
  }

  /** May read on. Without room nobody knows whether there is more. */
  private hasRoom(): boolean {
    if (this.held() < this.init.memoryMax) return true
    // Plans that are made again need what comes next, or they would hold their memory for ever once nothing else lets go of any.
    return this.router.isRemaking && this.running.count === 0
  }

  /** Buffers that hold too much are cut early; what is being stored lets go of its memory by itself. */
  private boundMemory(): void {
    const { memoryMax } = this.init
    if (this.held() >= memoryMax) this.router.cutLargest(memoryMax / 2)
  }

  /** Bytes of all buffers, about. */
  held(): number {
    let bytes = this.running.memory
    for (const { rows } of this.router.buffers()) bytes += rows.memory
    return bytes
  }

  /** What is stored and may be taken as done: plans of a part go in their order. */
  private storedInOrder(): StoredPlan[] {
    const ready: StoredPlan[] = []
    const blocked = new Set<string>()
    for (const each of this.running.stored()) {
      if (this.progress.isNext(each.plan) && !blocked.has(each.plan.part)) ready.push(each)
      // At most one of a part in a commit keeps the order simple.
      blocked.add(each.plan.part)
    }
    return ready
  }

  private commit(stored: readonly StoredPlan[]): void {
    const { store, clock } = this.context
    const { router, running } = this
    const { cuts, filtered } = router
    const { stretches } = this
    let isRetired = false
    const isWritten = store.commit((transaction) => {
      if (this.outputs.isGone(transaction)) return false
      for (const { stored: rows, plan } of stored) {
        rows.commit(transaction)
        this.progress.done(plan)
      }
      for (const stretch of stretches) putDeadStretch(transaction, this.name, stretch, clock.now())
      this.settle(stored, stretches, filtered)
      const gone = new Set(stored.map(({ buffer }) => buffer))
      const low = this.low(gone)
      isRetired = this.reading.retire(low)
      this.progress.save(transaction, low)
      this.write(transaction, low, gone)
      return true
    })
    if (!isWritten) {
      this.isGone = true
      return
    }
    this.metrics.stored(stored, this.oldest(new Set(stored.map(({ buffer }) => buffer))))
    running.remove(new Set(stored.map(({ plan }) => plan)))
    for (const each of stored) router.settled(each.buffer)
    for (const planned of cuts) running.add(planned)
    router.cuts = []
    router.filtered = 0
    this.stretches = []
    this.uncommitted = 0
    this.isDirty = false
    this.committedAt = clock.now()
    if (isRetired) this.passOn()
    if (stored.length > 0) this.recovered()
    this.metrics.partitions(router)
    void this.measure(stored)
  }

  /** Counts what the commit being made decides. */
  private settle(stored: readonly StoredPlan[], stretches: readonly Stretch[], filtered: number): void {
    const { ledger } = this
    ledger.filtered += filtered
    for (const { buffer } of stored) {
      const { records, rows, errorType } = buffer
      if (errorType === undefined) ledger.out += records
      else {
        ledger.dead += records
        ledger.errors += rows.rows
      }
      ledger.emitted += rows.rows
    }
    for (const stretch of stretches) {
      ledger.dead += stretch.to - stretch.from
      sayStretch(this.context.warnings, this.name, stretch)
    }
  }

  /** By place: below it all is settled, once `gone` is. */
  private low(gone: ReadonlySet<unknown>): number[] {
    const low = [...this.reading.read]
    for (const buffer of this.allBuffers()) {
      if (gone.has(buffer)) continue
      for (const [place, first] of buffer.first.entries())
        if (first !== undefined && first < low[place]!) low[place] = first
    }
    return low
  }

  private write(transaction: Transaction, low: readonly number[], gone: ReadonlySet<unknown>): void {
    const { reading, outputs } = this
    let inFlight = reading.missing
    for (const buffer of this.allBuffers()) if (!gone.has(buffer)) inFlight += buffer.records
    const own: Own = { places: reading.places.list, inputs: reading.inputs, steps: outputs.steps }
    transaction.setStage(
      this.name,
      writeStageRecord({
        kind: 'delivery',
        ledger: this.ledger.counts(),
        ...reading.positions(low),
        inFlight,
        made: reading.made(),
        own,
      }),
    )
  }

  private *allBuffers() {
    yield* this.router.buffers()
    yield* this.running.buffers()
  }

  /** Arrival of the oldest record that is not stored. */
  private oldest(gone: ReadonlySet<unknown>): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const buffer of this.allBuffers())
      if (buffer.instant < oldest && !gone.has(buffer)) oldest = buffer.instant
    return oldest
  }

  /** A new schema holds for what has never been read: nothing of that is planned. */
  private schemaFrom(): number[] {
    return this.reading.read.map((_, place) => this.reading.readAt(place))
  }

  /** An input is done with, so that another change of inputs may be waiting. */
  private passOn(): void {
    const { store } = this.context
    this.init.chain()
    const record = readStageRecordOf('delivery', this.name, store.getStage(this.name))
    if (record !== undefined) this.reading.extend(ownOf(record).inputs)
  }

  private failed(plan: Plan, error: unknown): void {
    this.blocked = failureText(plan, error)
    this.metrics.failed()
    this.context.warnings.say(
      'DELIVERY_BLOCKED',
      this.name,
      `delivery "${this.name}" cannot store ${this.blocked.replace(/\.$/, '')}. It tries again without end, and holds its records meanwhile.`,
    )
  }

  private recovered(): void {
    if (this.blocked === undefined) return
    this.blocked = undefined
    this.context.warnings.retract('DELIVERY_BLOCKED', this.name)
  }

  private wake(): void {
    const { ready } = this
    this.ready = undefined
    ready?.()
  }

  /** Of the records of an object the mean: they wait for each other. */
  private async measure(stored: readonly StoredPlan[]): Promise<void> {
    const { store, clock, latency } = this.context
    if (stored.length === 0) return
    try {
      await store.flushed()
    } catch {
      // The store's next commit reports it.
      return
    }
    const now = clock.now()
    for (const { buffer } of stored)
      if (buffer.records > 0) latency.record(now - buffer.originSum / buffer.records, buffer.records)
  }
}
