/**
 * Source `file`: the lines of a file as records, as fast as possible or in the rhythm of their event times; `replay` is
 * the same with the rhythm required.
 *
 * Every line becomes a record, byte for byte, whether or not it is good JSON: what cannot be understood is named by the
 * error stream, not dropped here. Only empty lines are no records, and only a line that no log can hold is dead.
 *
 * Position (JSON): {offset, line, headBytes, headCrc32, time?}: the first byte not yet emitted, its line number, and a
 * checksum over the file's first bytes, by which a restart notices that it was given another file. `time` is the latest
 * event time emitted, for a replay.
 * Promise: exactly once, together with the runtime's commit. The file is read to the end it has when it is reached; a file
 * that has grown by the next start is read on from there.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Source, SourceContext, SourceFactory, SourceRead } from '@millrace/runtime'
import type { RecordBatchBuilder } from '@millrace/store'
import { assertPositiveOption, ConnectError, shown } from '../errors.ts'
import { sleepUntil } from '../pace.ts'
import { EventPace } from './event-pace.ts'
import { JsonField } from './json-field.ts'
import { LINE_BYTES_MAX, LineReader, LONG_HEAD_BYTES } from './line-reader.ts'
import { RecordKey } from './record-key.ts'

const HEAD_BYTES = 4096
const SPEED_MAX = 1e9
/** After this many records without any readable time, the time attribute is probably wrong. */
const TIMELESS_RECORDS = 100

export interface FileOptions {
  /** Absolute, or relative to the working directory. A regular file. */
  readonly path: string
  /** One JSON value a line. The only format so far. */
  readonly format?: 'ndjson'
  /**
   * Where a record's partition key is found: a JSONPath like `$.data.orderId` (a text, number or boolean), or
   * `schema.table` for the schema and table of a DMS envelope; `file:line` for the line's own place.
   */
  readonly partitionKey: string
  /** Key of the lines without a readable one; the line's place (file:line), with a warning, unless given. */
  readonly missingKey?: string
  /** JSONPath of each record's event time: ISO text, or a number of seconds or ms. Needs `speed`. */
  readonly timeAttribute?: string
  /** Event seconds for each second of the clock: 1 is the original pace, 60 a minute each second. Needs `timeAttribute`. */
  readonly speed?: number
}

export type ReplayOptions = FileOptions & Required<Pick<FileOptions, 'timeAttribute' | 'speed'>>

interface FilePosition {
  readonly offset: number
  readonly line: number
  readonly headBytes: number
  readonly headCrc32: number
  readonly time?: number
}

/** Errors: SOURCE_OPTION here; FILE_NOT_FOUND, FILE_NOT_READABLE, FILE_CHANGED, SOURCE_POSITION when it is opened. */
export function file(options: FileOptions): SourceFactory {
  return makeFactory('file', options)
}

/** `file` at the pace of the records' own times. */
export function replay(options: ReplayOptions): SourceFactory {
  if (options.timeAttribute === undefined || options.speed === undefined) {
    throw new ConnectError(
      'SOURCE_OPTION',
      'replay: "timeAttribute" and "speed" must both be given, for example ' +
        '{ timeAttribute: "$.data.orderDateTime", speed: 1 }. Use file() to read without a pace.',
    )
  }
  return makeFactory('replay', options)
}

function makeFactory(source: string, options: FileOptions): SourceFactory {
  if (typeof options.path !== 'string' || options.path === '' || options.path.includes('\0')) {
    throw new ConnectError(
      'SOURCE_OPTION',
      `${source}: "path" must name a file, but is ${shown(options.path)}.`,
    )
  }
  if (options.format !== undefined && options.format !== 'ndjson') {
    throw new ConnectError(
      'SOURCE_OPTION',
      `${source}: "format" must be "ndjson", but is ${shown(options.format)}.`,
    )
  }
  if (options.speed !== undefined) assertPositiveOption(source, 'speed', options.speed, SPEED_MAX)
  if ((options.speed === undefined) !== (options.timeAttribute === undefined)) {
    const [given, absent] =
      options.speed === undefined ? ['timeAttribute', 'speed'] : ['speed', 'timeAttribute']
    throw new ConnectError(
      'SOURCE_OPTION',
      `${source}: "${given}" is given without "${absent}". Give both to replay by event time, or neither.`,
    )
  }
  // Made here for their checks of the paths, so that a wrong option is reported where the app is defined.
  new RecordKey(source, options.partitionKey)
  if (options.timeAttribute !== undefined) new JsonField(source, 'timeAttribute', options.timeAttribute)
  return (context) => openFile(source, options, context)
}

async function openFile(source: string, options: FileOptions, context: SourceContext): Promise<Source> {
  const handle = await openRegularFile(source, options.path)
  try {
    const position = await resumePosition(source, options.path, handle, context.position)
    return new FileSource(source, options, context, handle, position)
  } catch (error) {
    await handle.close()
    throw error
  }
}

class FileSource implements Source {
  readonly #name: string
  readonly #path: string
  readonly #context: SourceContext
  readonly #handle: FileHandle
  readonly #head: Pick<FilePosition, 'headBytes' | 'headCrc32'>
  readonly #lines: LineReader
  readonly #key: RecordKey
  readonly #missingKey: string | undefined
  readonly #pace: EventPace | undefined
  /** Due time of the line that was looked at but not yet consumed. */
  #due: number | undefined
  #emittedTime: number | undefined
  #saidKey = false
  #saidTime = false

  constructor(
    source: string,
    options: FileOptions,
    context: SourceContext,
    handle: FileHandle,
    position: FilePosition,
  ) {
    this.#name = basename(options.path)
    this.#path = options.path
    this.#context = context
    this.#handle = handle
    this.#head = { headBytes: position.headBytes, headCrc32: position.headCrc32 }
    this.#lines = new LineReader(handle, position.offset, position.line)
    this.#key = new RecordKey(source, options.partitionKey)
    this.#missingKey = options.missingKey
    this.#emittedTime = position.time
    if (options.timeAttribute !== undefined && options.speed !== undefined) {
      const field = new JsonField(source, 'timeAttribute', options.timeAttribute)
      this.#pace = new EventPace(field, options.speed, context.clock, position.time)
    }
  }

  async read(builders: readonly RecordBatchBuilder[], maxBytes: number): Promise<SourceRead> {
    const { signal, clock } = this.#context
    const lines = this.#lines
    const dead: SourceRead['dead'][number][] = []
    let taken = 0
    let bytes = 0
    let done = false
    while (bytes < maxBytes && !signal.aborted) {
      const state = lines.next()
      if (state === 'end') {
        this.#checkTimes()
        done = true
        break
      }
      if (state === 'fill') {
        await this.#fill()
        continue
      }
      if (state === 'long') {
        dead.push(this.#deadLine())
        bytes += lines.longHead.length
      } else {
        const wait = this.#pace === undefined ? 0 : this.#dueTime(this.#pace) - clock.now()
        if (wait > 0) {
          // What is due goes out at once; only an empty read waits.
          if (taken > 0) break
          await sleepUntil(clock, this.#due as number, signal)
          continue
        }
        this.#add(builders)
        bytes += lines.lineEnd - lines.lineStart
      }
      taken++
      lines.consume()
      this.#due = undefined
    }
    return { position: this.#position(), taken, dead, done }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  #dueTime(pace: EventPace): number {
    if (this.#due !== undefined) return this.#due
    const { buffer, lineStart, lineEnd } = this.#lines
    this.#due = pace.due(buffer, lineStart, lineEnd)
    if (pace.records === TIMELESS_RECORDS) this.#checkTimes()
    return this.#due
  }

  /** Single records without a time are normal (rows of another table); a path that never matches is not. */
  #checkTimes(): void {
    const pace = this.#pace
    if (pace === undefined || pace.records === 0 || pace.time !== undefined || this.#saidTime) return
    this.#saidTime = true
    this.#context.warn(
      'TIME_NEVER_READ',
      `${this.#name}: none of the first ${pace.records} lines has a readable time at "timeAttribute", ` +
        'so they are replayed without pause. Check the path; times are ISO text or epoch numbers.',
    )
  }

  #add(builders: readonly RecordBatchBuilder[]): void {
    const { buffer, lineStart, lineEnd, line } = this.#lines
    const key = this.#key
    if (!key.read(buffer, lineStart, lineEnd)) {
      if (this.#missingKey === undefined) key.setFallback(this.#name, line)
      else key.set(this.#missingKey)
      if (this.#missingKey === undefined && !this.#saidKey && !key.isPlace) this.#warnKey(line)
    }
    const shard = this.#context.route(key.bytes, key.start, key.end)
    const builder = builders[shard]
    if (builder === undefined) throw new RangeError(`no builder for shard ${shard} of ${builders.length}`)
    builder.add(key.bytes, key.start, key.end, buffer, lineStart, lineEnd, this.#due ?? 0)
    this.#emittedTime = this.#pace?.time
  }

  #warnKey(line: number): void {
    this.#saidKey = true
    this.#context.warn(
      'KEY_MISSING',
      `${this.#name}:${line} has no readable partition key; such lines are stored under the key file:line.`,
    )
  }

  #deadLine(): SourceRead['dead'][number] {
    const { longBytes, longHead, line } = this.#lines
    return {
      data: longHead,
      code: 'LINE_TOO_LONG',
      message:
        `The line has ${longBytes} bytes, a record at most ${LINE_BYTES_MAX}. ` +
        `This letter holds its first ${Math.min(longBytes, LONG_HEAD_BYTES)} bytes; split the line in the file.`,
      place: `${this.#path}:${line}`,
    }
  }

  async #fill(): Promise<void> {
    try {
      await this.#lines.fill()
    } catch (error) {
      throw notReadable(`reading ${shown(this.#path)} at byte ${this.#lines.offset} failed`, error)
    }
  }

  #position(): FilePosition {
    const { offset, line } = this.#lines
    const position = { offset, line, ...this.#head }
    return this.#emittedTime === undefined ? position : { ...position, time: this.#emittedTime }
  }
}

async function openRegularFile(source: string, path: string): Promise<FileHandle> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') {
      throw new ConnectError(
        'FILE_NOT_FOUND',
        `${source}: there is no file ${shown(path)} (seen from ${shown(process.cwd())}). Check "path".`,
        { cause: error },
      )
    }
    throw notReadable(`${source}: ${shown(path)} cannot be opened`, error)
  }
  const stat = await handle.stat()
  if (stat.isFile()) return handle
  await handle.close()
  const kind = stat.isDirectory() ? 'a directory' : 'no regular file'
  throw new ConnectError(
    'FILE_NOT_READABLE',
    `${source}: ${shown(path)} is ${kind}. Name a regular file: a restart continues at a byte of it.`,
  )
}

async function resumePosition(
  source: string,
  path: string,
  handle: FileHandle,
  saved: unknown,
): Promise<FilePosition> {
  const { size } = await handle.stat()
  if (saved === undefined) {
    const head = await readHead(handle, Math.min(size, HEAD_BYTES))
    // A byte order mark is no part of the first line.
    const offset = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
    return { offset, line: 1, headBytes: head.length, headCrc32: crc32(head) }
  }
  if (!isPosition(saved)) {
    throw new ConnectError(
      'SOURCE_POSITION',
      `${source}: the committed position is not one of this source: ${shown(JSON.stringify(saved))}. ` +
        'Give the source another name, or use another data directory.',
    )
  }
  const isSame =
    size >= saved.offset &&
    size >= saved.headBytes &&
    crc32(await readHead(handle, saved.headBytes)) === saved.headCrc32
  if (isSame) return saved
  throw new ConnectError(
    'FILE_CHANGED',
    `${source}: ${shown(path)} (${size} bytes) is not the file that was read to byte ${saved.offset}. ` +
      'Bring that file back, or use another data directory for this one.',
  )
}

function isPosition(value: unknown): value is FilePosition {
  if (typeof value !== 'object' || value === null) return false
  const position = value as { readonly [name: string]: unknown }
  const isCount = (name: string) => Number.isSafeInteger(position[name]) && (position[name] as number) >= 0
  return (
    ['offset', 'line', 'headBytes', 'headCrc32'].every(isCount) &&
    (position.headBytes as number) <= HEAD_BYTES &&
    (position.time === undefined || Number.isFinite(position.time))
  )
}

async function readHead(handle: FileHandle, headBytes: number): Promise<Buffer> {
  const head = Buffer.alloc(headBytes)
  if (headBytes > 0) await handle.read(head, 0, headBytes, 0)
  return head
}

function notReadable(what: string, error: unknown): ConnectError {
  const reason = error instanceof Error ? error.message : String(error)
  return new ConnectError('FILE_NOT_READABLE', `${what}: ${reason}. Check the file and its permissions.`, {
    cause: error,
  })
}

function errnoOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
