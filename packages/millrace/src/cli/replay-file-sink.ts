/**
 * Records of a replay as lines of a file. Each slice is a part file beside it; when all are there, they are joined in the
 * order of the slices, so that the result is in the order of time, and each shard's records in the order of its log. The
 * file appears by rename: whole or not at all. What follows live is added to it.
 * For standard output the parts are temporary files; a single slice needs none and is written as it comes.
 */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { ReplayRecord, ReplaySink, SliceSink } from '@millrace/connect'
import { MillraceError, messageOf } from '../error.ts'
import { LineOutput } from './output.ts'
import { replayLine } from './replay-line.ts'
import { removePart } from './write-file.ts'

export interface LineSinkOptions {
  readonly withPlace: boolean
}

/** Lines are collected to about this many bytes before they are written. */
const chunkBytes = 256 * 1024
const lineEnd = Buffer.from('\n')

export function fileSink(path: string, options: LineSinkOptions): ReplaySink {
  const file = resolve(path)
  const parts = new Map<number, PartFile>()
  const partPath = (index: number) => `${file}.${process.pid}.slice-${index}.part`
  const discard = async () => {
    for (const part of parts.values()) await part.close().catch(() => {})
    for (const index of parts.keys()) removePart(partPath(index))
    parts.clear()
  }
  return {
    slice(index) {
      const part = new PartFile(partPath(index), 'w', options)
      parts.set(index, part)
      return part
    },
    async complete(slices) {
      try {
        const first = parts.get(0) ?? new PartFile(partPath(0), 'w', options)
        parts.set(0, first)
        for (let i = 1; i < slices; i++) {
          await first.append(partPath(i))
          removePart(partPath(i))
        }
        await first.close()
        await rename(partPath(0), file)
        parts.clear()
      } catch (error) {
        throw failed(path, error)
      }
    },
    discard,
    live: () => new PartFile(file, 'a', options, { isPrompt: true }),
  }
}

export function standardOutputSink(slices: number, options: LineSinkOptions): ReplaySink {
  const output = new LineOutput()
  const live: SliceSink = {
    async write(shardId, records) {
      for (const record of records) await output.line(replayLine(shardId, record, options.withPlace))
      await output.flush()
    },
    async end() {},
  }
  if (slices === 1) {
    return { slice: () => live, async complete() {}, async discard() {}, live: () => live }
  }
  const folder = mkdtempSync(join(tmpdir(), 'millrace-replay-'))
  const files = fileSink(join(folder, 'slices'), options)
  return {
    slice: (index) => files.slice(index),
    async complete(count) {
      await files.complete(count)
      for await (const chunk of createReadStream(join(folder, 'slices'))) {
        // Whole lines do not matter here, only that a slow reader is waited for.
        await output.bytes(chunk)
      }
      await output.flush()
      rmSync(folder, { recursive: true, force: true })
    },
    async discard() {
      await files.discard()
      rmSync(folder, { recursive: true, force: true })
    },
    live: () => live,
  }
}

/** Lines of one slice. Shards write side by side; each write keeps its lines together. */
class PartFile implements SliceSink {
  readonly #path: string
  readonly #withPlace: boolean
  readonly #isPrompt: boolean
  readonly #handle: Promise<FileHandle>
  #chunks: Uint8Array[] = []
  #bytes = 0
  /** The last write to the file: they go one after the other. */
  #written: Promise<void> = Promise.resolve()

  constructor(
    path: string,
    flags: 'w' | 'a',
    { withPlace }: LineSinkOptions,
    { isPrompt }: { readonly isPrompt: boolean } = { isPrompt: false },
  ) {
    this.#path = path
    this.#withPlace = withPlace
    this.#isPrompt = isPrompt
    this.#handle = mkdir(dirname(path), { recursive: true }).then(() => open(path, flags))
    // Told by the first write; a part that nobody writes to is no concern.
    this.#handle.catch(() => {})
  }

  async write(shardId: string, records: readonly ReplayRecord[]): Promise<void> {
    const lines: Uint8Array[] = []
    for (const record of records) lines.push(replayLine(shardId, record, this.#withPlace), lineEnd)
    // Copied: a line may be a view of its record, which is only sure to live until this ends.
    const chunk = Buffer.concat(lines)
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#isPrompt || this.#bytes >= chunkBytes) await this.#flush()
  }

  async end(): Promise<void> {
    if (this.#isPrompt) await this.close()
    else await this.#flush()
  }

  /** Adds the whole of another file. */
  async append(path: string): Promise<void> {
    await this.#flush()
    const handle = await this.#handle
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      await handle.writeFile(chunk)
  }

  async close(): Promise<void> {
    await this.#flush()
    await (await this.#handle).close()
  }

  async #flush(): Promise<void> {
    const chunk = Buffer.concat(this.#chunks, this.#bytes)
    this.#chunks = []
    this.#bytes = 0
    const before = this.#written
    this.#written = before.then(async () => {
      try {
        // Writes all of it, where it stands.
        await (await this.#handle).writeFile(chunk)
      } catch (error) {
        throw failed(this.#path, error)
      }
    })
    await this.#written
  }
}

function failed(path: string, error: unknown): unknown {
  if (error instanceof MillraceError) return error
  return new MillraceError('OUTPUT_FAILED', `${path} cannot be written: ${messageOf(error)}.`, {
    cause: error,
  })
}
