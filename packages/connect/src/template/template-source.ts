/**
 * Source `templateSource`: records of a Kinesis Data Generator template, at a constant or periodic rate.
 *
 * Position (JSON): {identity, index, second, taken}. Another seed or template is refused, since the stream would then hold two
 * sequences. Promise: exactly once, together with the runtime's commit.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Source, SourceContext, SourceFactory, SourceRead } from '@millrace/runtime'
import type { RecordBatchBuilder } from '@millrace/store'
import { ConnectError } from '../errors.ts'
import { RecordKey } from '../files/record-key.ts'
import { sleepUntil } from '../pace.ts'
import { type FeedPosition, TemplateFeed, type TemplateFeedOptions } from './template-feed.ts'

export interface TemplateSourceOptions extends Omit<TemplateFeedOptions, 'template'> {
  /** The text itself, or `file`. */
  readonly template?: string
  /** A file with the template: a path from the working directory, or a URL like `new URL('film.txt', import.meta.url)`. */
  readonly file?: string | URL
  /** JSONPath of the partition key in a record, like $.id; a random number unless given. */
  readonly partitionKey?: string
}

const sourceName = 'templateSource'
const encoder = new TextEncoder()

/** Errors: TEMPLATE_INVALID, TEMPLATE_RATE, SOURCE_OPTION, FILE_NOT_FOUND, FILE_NOT_READABLE. */
export function templateSource(options: TemplateSourceOptions): SourceFactory {
  const { file, template, partitionKey, ...rest } = options
  if ((file === undefined) === (template === undefined)) {
    throw new ConnectError('SOURCE_OPTION', `${sourceName}: give either "template" or "file".`)
  }
  const path = file instanceof URL ? fileURLToPath(file) : file
  const feedOptions: TemplateFeedOptions = {
    name: path ?? sourceName,
    ...rest,
    template: template ?? readTemplate(path ?? ''),
  }
  // Made once here, so that a wrong option is reported where the app is defined.
  const { identity } = new TemplateFeed(feedOptions)
  if (partitionKey !== undefined) new RecordKey(sourceName, partitionKey)
  return (context) => new TemplateSource(feedOptions, partitionKey, identity, context)
}

/** Errors: FILE_NOT_FOUND, FILE_NOT_READABLE. */
export function readTemplate(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new ConnectError(
      isMissing ? 'FILE_NOT_FOUND' : 'FILE_NOT_READABLE',
      `${path}: ${isMissing ? 'there is no such file' : 'the template cannot be read'}.`,
      { cause },
    )
  }
}

class TemplateSource implements Source {
  readonly #feed: TemplateFeed
  readonly #context: SourceContext
  readonly #key: RecordKey | undefined
  readonly #from: FeedPosition | undefined
  #isStarted = false

  constructor(
    options: TemplateFeedOptions,
    partitionKey: string | undefined,
    identity: string,
    context: SourceContext,
  ) {
    this.#feed = new TemplateFeed(options)
    this.#context = context
    this.#key = partitionKey === undefined ? undefined : new RecordKey(sourceName, partitionKey)
    this.#from = readPosition(context.position, identity)
  }

  async read(builders: readonly RecordBatchBuilder[], maxBytes: number): Promise<SourceRead> {
    const { clock, signal } = this.#context
    const feed = this.#feed
    if (!this.#isStarted) {
      await feed.start(clock.now(), this.#from)
      this.#isStarted = true
    }
    const first = feed.due()
    if (first !== undefined) await sleepUntil(clock, first, signal)
    const now = clock.now()
    let taken = 0
    let bytes = 0
    for (let due = first; !signal.aborted && bytes < maxBytes; due = feed.due()) {
      if (due === undefined || due > now) break
      bytes += this.#emit(builders, now)
      taken++
    }
    const position = { identity: feed.identity, ...feed.position }
    return { position, taken, dead: [], done: feed.due() === undefined }
  }

  async close(): Promise<void> {}

  #emit(builders: readonly RecordBatchBuilder[], now: number): number {
    const record = this.#feed.take(now)
    const data = encoder.encode(record.data)
    const key = this.#keyOf(data) ?? encoder.encode(record.key)
    const shard = this.#context.route(key, 0, key.length)
    const builder = builders[shard]
    if (builder === undefined) throw new RangeError(`no builder for shard ${shard} of ${builders.length}`)
    builder.add(key, 0, key.length, data, 0, data.length, record.due)
    return data.length
  }

  /** Undefined: the record has none where it should, or none is asked for. */
  #keyOf(data: Uint8Array): Uint8Array | undefined {
    if (this.#key === undefined || !this.#key.read(data, 0, data.length)) return undefined
    const { bytes, start, end } = this.#key
    return bytes.subarray(start, end)
  }
}

function readPosition(value: unknown, identity: string): FeedPosition | undefined {
  if (value === undefined) return undefined
  // Checked field by field.
  const position = (typeof value === 'object' && value !== null ? value : {}) as Partial<
    FeedPosition & { identity: string }
  >
  const { index, second, taken } = position
  const isWhole = (field: unknown): field is number =>
    typeof field === 'number' && Number.isSafeInteger(field) && field >= 0
  if (!isWhole(index) || !isWhole(second) || !isWhole(taken)) {
    throw new ConnectError(
      'SOURCE_POSITION',
      `${sourceName}: the committed position is not one of this source. Give the source another name, or use another data directory.`,
    )
  }
  if (position.identity !== identity) {
    throw new ConnectError(
      'SOURCE_POSITION',
      `${sourceName}: this data directory holds records of another template, or of another seed. Set them back, or use another data directory.`,
    )
  }
  return { index, second, taken }
}
