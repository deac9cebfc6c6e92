/**
 * The runtime around a source, for tests: reads, commits position, kept values and records together, and is killed between and inside
 * of commits. What is committed survives; everything else is gone.
 */
import { setImmediate as macrotask } from 'node:timers/promises'
import type { Source, SourceContext, SourceFactory, SourceRead, SourceStatus } from '@millrace/runtime'
import type { RecordBatchBuilder } from '@millrace/store'
import type { VirtualClock } from '@millrace/values'

export interface CommittedRecord {
  readonly key: string
  readonly data: string
}

const shardCount = 3

export class SimulatedRuntime {
  readonly records: CommittedRecord[] = []
  readonly dead: SourceRead['dead'][number][] = []
  readonly warnings: { code: string; message: string }[] = []
  readonly clock: VirtualClock
  position: unknown
  kept = new Map<string, unknown>()
  taken = 0
  filtered = 0
  status: SourceStatus | undefined
  isDone = false
  /** Bytes that a read went beyond what it was asked for, without its last record. */
  overrun = 0
  readonly #factory: SourceFactory
  #source: Source | undefined
  #abort = new AbortController()
  /** In one list, so that the order of a read's records is that of their writing. */
  #pending: CommittedRecord[] = []
  #bytes = 0
  #lastBytes = 0
  readonly #builders: RecordBatchBuilder[]

  constructor(factory: SourceFactory, clock: VirtualClock) {
    this.#factory = factory
    this.clock = clock
    this.#builders = Array.from({ length: shardCount }, () => this.#builder())
  }

  get source(): Source {
    if (this.#source === undefined) throw new Error('start it first')
    return this.#source
  }

  async start(): Promise<void> {
    this.#abort = new AbortController()
    const context: SourceContext = {
      name: 'shop',
      position: clone(this.position),
      clock: this.clock,
      signal: this.#abort.signal,
      route: (key, start, end) => key.subarray(start, end).reduce((sum, byte) => sum + byte, 0) % shardCount,
      warn: (code, message) => this.warnings.push({ code, message }),
      kept: new Map(Array.from(this.kept, ([key, value]) => [key, clone(value)])),
      report: (status) => {
        this.status = status
      },
      directory: '/nowhere',
    }
    this.#source = await this.withTime(Promise.resolve(this.#factory(context)))
  }

  /** `commit`: whether what was read is committed; it is killed either way if not asked to go on. */
  async read(maxBytes: number, commit: 'kept' | 'lost' = 'kept'): Promise<SourceRead> {
    this.#pending = []
    this.#bytes = 0
    const read = await this.withTime(this.source.read(this.#builders, maxBytes))
    const deadBytes = read.dead.reduce((sum, { data }) => sum + data.length, 0)
    if (deadBytes === 0) this.overrun = Math.max(this.overrun, this.#bytes - this.#lastBytes - maxBytes)
    const filtered = read.filtered ?? 0
    if (read.taken !== this.#pending.length + read.dead.length + filtered) {
      throw new Error(
        `taken ${read.taken} is not ${this.#pending.length} out + ${read.dead.length} dead + ${filtered} filtered`,
      )
    }
    if (commit === 'lost') return read
    if (read.taken === 0 && !read.done && read.moved !== true) return read
    this.records.push(...this.#pending)
    this.dead.push(...read.dead)
    this.taken += read.taken
    this.filtered += filtered
    this.position = clone(read.position)
    for (const [key, value] of read.kept ?? []) {
      if (value === undefined) this.kept.delete(key)
      else this.kept.set(key, clone(value))
    }
    this.isDone = read.done
    this.source.flushed?.(clone(read.position))
    return read
  }

  abort(): void {
    this.#abort.abort()
  }

  /** Gone, without a word to the source's work. */
  async kill(): Promise<void> {
    this.#abort.abort()
    await this.withTime(this.source.close())
    this.#source = undefined
  }

  /** Time moves on to the next sleeper while the work waits. */
  async withTime<T>(work: Promise<T>): Promise<T> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    work.then(settle, settle)
    while (!isSettled) {
      await macrotask()
      if (!isSettled && this.clock.pending > 0)
        await this.clock.advance(this.clock.nextWake - this.clock.now())
    }
    return work
  }

  #builder(): RecordBatchBuilder {
    const add: RecordBatchBuilder['add'] = (key, keyStart, keyEnd, data, dataStart, dataEnd) => {
      this.#pending.push({
        key: Buffer.from(key.subarray(keyStart, keyEnd)).toString(),
        data: Buffer.from(data.subarray(dataStart, dataEnd)).toString(),
      })
      this.#lastBytes = keyEnd - keyStart + dataEnd - dataStart
      this.#bytes += this.#lastBytes
    }
    return { count: 0, byteLength: 0, add, reset: () => {} }
  }
}

/** As through the store. */
function clone(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
