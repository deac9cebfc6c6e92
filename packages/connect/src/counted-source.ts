/**
 * A source whose i-th record follows from i alone: generators. It goes on at any record, as fast as possible or at a fixed
 * rate (open loop: record i of this start is due at open time + i / rate, and that is its origin time, so that latency
 * counts the waiting when the pipeline is behind).
 *
 * Position (JSON): {index, identity}. Another identity (seed, settings that change what is generated) is refused, since the
 * stream would then hold two sequences. Promise: exactly once, together with the runtime's commit.
 */
import type { Source, SourceContext, SourceFactory, SourceRead } from '@millrace/runtime'
import type { RecordBatchBuilder } from '@millrace/store'
import { ConnectError } from './errors.ts'
import { sleepUntil } from './pace.ts'

export interface CountedRecord {
  readonly key: string
  readonly data: string
}

export interface CountedSourceOptions {
  /** For messages. */
  readonly name: string
  /** Records in all; Infinity: endless. */
  readonly count: number
  /** Records per second; undefined: as fast as possible. */
  readonly rate: number | undefined
  /** What decides the records' content, as JSON text. */
  readonly identity: string
  record(index: number): CountedRecord
}

const encoder = new TextEncoder()

export function countedSource(options: CountedSourceOptions): SourceFactory {
  return (context) => new CountedSource(options, context)
}

class CountedSource implements Source {
  readonly #options: CountedSourceOptions
  readonly #context: SourceContext
  readonly #openTime: number
  readonly #firstIndex: number
  #index: number

  constructor(options: CountedSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    this.#index = readPosition(context.position, options)
    this.#firstIndex = this.#index
    this.#openTime = context.clock.now()
  }

  async read(builders: readonly RecordBatchBuilder[], maxBytes: number): Promise<SourceRead> {
    const { clock, signal } = this.#context
    const { rate } = this.#options
    if (rate !== undefined && !this.#done()) await sleepUntil(clock, this.#dueAt(this.#index, rate), signal)
    const now = clock.now()
    let taken = 0
    let bytes = 0
    while (!signal.aborted && bytes < maxBytes && !this.#done()) {
      const due = rate === undefined ? 0 : this.#dueAt(this.#index, rate)
      if (due > now) break
      bytes += this.#emit(builders, due)
      taken++
    }
    const position = { index: this.#index, identity: this.#options.identity }
    return { position, taken, dead: [], done: this.#done() }
  }

  async close(): Promise<void> {}

  #emit(builders: readonly RecordBatchBuilder[], origin: number): number {
    const record = this.#options.record(this.#index++)
    const [key, data] = [encoder.encode(record.key), encoder.encode(record.data)]
    const shard = this.#context.route(key, 0, key.length)
    const builder = builders[shard]
    if (builder === undefined) throw new RangeError(`no builder for shard ${shard} of ${builders.length}`)
    builder.add(key, 0, key.length, data, 0, data.length, origin)
    return data.length
  }

  #dueAt(index: number, rate: number): number {
    return this.#openTime + ((index - this.#firstIndex) * 1000) / rate
  }

  #done(): boolean {
    return this.#index >= this.#options.count
  }
}

function readPosition(value: unknown, { name, identity }: CountedSourceOptions): number {
  if (value === undefined) return 0
  // Checked field by field.
  const position = (typeof value === 'object' && value !== null ? value : {}) as {
    index?: unknown
    identity?: unknown
  }
  const { index } = position
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0) {
    throw new ConnectError(
      'SOURCE_POSITION',
      `${name}: the committed position is not one of this source. Give the source another name, or use another data directory.`,
    )
  }
  if (position.identity !== identity) {
    throw new ConnectError(
      'SOURCE_POSITION',
      `${name}: this data directory holds records generated with ${String(position.identity).slice(0, 200)}, but the settings are now ${identity.slice(0, 200)}. Set them back, or use another data directory.`,
    )
  }
  return index
}
