/**
 * Source stage: lets a source fill builders, and commits the records together with the source's position, so that a
 * restart continues exactly there. Records that the source could not append become dead letters in the same commit.
 *
 * Back-pressure: before it reads, it looks how far the slowest reader of the stream is behind, in bytes, and waits for
 * news while that is above the bound. Unread bytes are unread records times the mean size of the shard's retained records.
 */
import type { SourceStage as SourceDefinition } from './app-model.ts'
import { BackPressure } from './back-pressure.ts'
import { codeVersion, putDeadRecord } from './dead-letter.ts'
import { messageOf, RuntimeError } from './errors.ts'
import { Ledger } from './ledger.ts'
import { ShardBuilders } from './shard-builders.ts'
import { sourceDirectory } from './source-directory.ts'
import { SourceKept } from './source-kept.ts'
import type { Source, SourceRead, SourceStatus } from './source-port.ts'
import type { Stage, StageContext, StepResult } from './stage.ts'
import { readStageRecordOf, writeStageRecord } from './stage-record.ts'

/** Asked of a source at once: a source that is behind then makes few, large commits, whose cost is mostly their sync. */
const readBytes = 2048 * 1024
/** A source that says "nothing now" without waiting itself is asked again after this, and more and more seldom. */
const askAgainMinMs = 5
const askAgainMaxMs = 1_000

export class SourceStage implements Stage {
  readonly kind = 'source'
  readonly name: string
  private readonly definition: SourceDefinition
  private readonly pressure: BackPressure
  private readonly context: StageContext
  private readonly codeVersion: string
  private builders: ShardBuilders | undefined
  private source: Source | undefined
  private ledger = new Ledger()
  private taken = 0
  private done = false
  /** Doubled while the source has nothing. */
  private askAgainMs = askAgainMinMs
  /** A step that has not settled, and how many of the source's sleeps have not. */
  private working: Promise<StepResult> | undefined
  private sleeping = 0
  private kept = new SourceKept()
  /** What the source said of itself last. */
  status: SourceStatus | undefined

  /** `readers`: the stages that read the stream. */
  constructor(definition: SourceDefinition, readers: readonly string[], context: StageContext) {
    this.name = definition.name
    this.definition = definition
    const { limits, store } = context
    this.pressure = new BackPressure(store, new Map([[definition.into, readers]]), limits.unreadBytesMax)
    this.context = context
    this.codeVersion = codeVersion(definition.open.toString())
  }

  async open(): Promise<void> {
    const { store, clock, stopping, warnings } = this.context
    const { into } = this.definition
    const record = readStageRecordOf('source', this.name, store.getStage(this.name))
    if (record) {
      this.ledger = new Ledger(record.ledger)
      this.taken = record.taken
      this.done = record.done
    }
    const builders = new ShardBuilders(store, into)
    this.builders = builders
    this.kept = SourceKept.read(store, this.name)
    try {
      this.source = await this.definition.open({
        name: this.name,
        position: record?.position,
        clock: {
          now: () => clock.now(),
          sleep: async (ms, signal) => {
            this.sleeping++
            await clock.sleep(ms, signal)
            this.sleeping--
          },
        },
        signal: stopping,
        route: (key, start, end) => builders.route(key, start, end),
        warn: (code, message) => warnings.say(code, this.name, message),
        kept: this.kept,
        report: (status) => {
          this.status = status
        },
        directory: sourceDirectory(store.dir, this.name),
      })
    } catch (cause) {
      throw this.failure('it could not be opened', cause)
    }
    // A source that was done may have more by now (a file has grown): it says so itself.
    this.done = false
  }

  async step(): Promise<StepResult> {
    this.working = this.work()
    try {
      return await this.working
    } finally {
      this.working = undefined
    }
  }

  private async work(): Promise<StepResult> {
    if (this.done || this.context.stopping.aborted) return 'done'
    if (this.pressure.blocked()) return 'idle'
    const read = await this.read()
    this.done = read.done
    if (read.taken === 0 && !read.done && read.moved !== true) {
      this.askAgainMs = Math.min(askAgainMaxMs, this.askAgainMs * 2)
      return this.context.stopping.aborted ? 'done' : 'idle'
    }
    this.askAgainMs = askAgainMinMs
    this.commit(read)
    return read.done ? 'done' : 'worked'
  }

  dueInMs(): number {
    return this.pressure.waits ? Number.POSITIVE_INFINITY : this.askAgainMs
  }

  onReady(callback: () => void): void {
    void this.working?.then(callback, callback)
  }

  /** While it reads from its outside, and is not just keeping its pace. */
  busy(): boolean {
    return this.working !== undefined && this.sleeping === 0
  }

  /** Hands a request of an operator to the source. Errors: SOURCE_REQUEST where it takes none; the source's own. */
  async request(request: unknown): Promise<unknown> {
    const { source } = this
    if (source?.request === undefined) {
      throw new RuntimeError('SOURCE_REQUEST', {
        place: `source "${this.name}"`,
        what: 'it takes no requests',
      })
    }
    return source.request(request)
  }

  async close(): Promise<void> {
    await this.source?.close()
  }

  private async read(): Promise<SourceRead> {
    const { source } = this
    if (!source) throw this.failure('it was not opened', undefined)
    try {
      return await source.read(this.mustBuilders().list, readBytes)
    } catch (cause) {
      throw this.failure('it could not be read', cause)
    }
  }

  private commit(read: SourceRead): void {
    const { store, clock, latency } = this.context
    const { into } = this.definition
    const builders = this.mustBuilders()
    const appended = builders.count
    this.pressure.add(builders.byteLength)
    const { ledger } = this
    ledger.out += appended
    ledger.emit(`stream:${into}`, appended)
    ledger.dead += read.dead.length
    ledger.filtered += read.filtered ?? 0
    if (read.kept !== undefined) this.kept.change(read.kept)
    const arrival = store.commit((transaction) => {
      builders.commit(transaction)
      for (let i = 0; i < read.dead.length; i++) {
        const { data, code, message, place } = read.dead[i]!
        putDeadRecord(transaction, {
          stage: this.name,
          codeVersion: this.codeVersion,
          id: `source/${String(this.taken + i).padStart(16, '0')}`,
          data,
          error: { code, name: code, message, stack: undefined },
          attempts: 1,
          firstTime: transaction.time,
          lastTime: transaction.time,
          origin: { stream: into, place },
        })
      }
      this.kept.write(transaction, this.name)
      transaction.setStage(
        this.name,
        writeStageRecord({
          kind: 'source',
          ledger: ledger.counts(),
          taken: this.taken + read.taken,
          position: read.position,
          done: read.done,
        }),
      )
      return transaction.time
    })
    this.taken += read.taken
    builders.reset()
    this.kept.written()
    const { source } = this
    if (appended === 0 && source?.flushed === undefined) return
    const onDisk = () => {
      if (appended > 0) latency.record(clock.now() - arrival, appended)
      source?.flushed?.(read.position)
    }
    store.flushed().then(onDisk, ignore)
  }

  private mustBuilders(): ShardBuilders {
    if (this.builders === undefined) throw this.failure('it was not opened', undefined)
    return this.builders
  }

  private failure(what: string, cause: unknown): RuntimeError {
    return new RuntimeError('SOURCE_FAILED', {
      place: `source "${this.name}"`,
      what: cause === undefined ? what : `${what}: ${messageOf(cause)}`,
      next: 'What it has fed so far is committed; mend the cause and start again, it continues from there',
      cause,
    })
  }
}

/** What the sources among the stages say of themselves, by name. */
export function sourceStatuses(stages: Iterable<Stage>): Map<string, SourceStatus> {
  const statuses = new Map<string, SourceStatus>()
  for (const stage of stages) {
    if (stage instanceof SourceStage && stage.status !== undefined) statuses.set(stage.name, stage.status)
  }
  return statuses
}

/** A failed flush is reported by the store's next commit; a latency that was not measured is no second failure. */
function ignore(): void {}
