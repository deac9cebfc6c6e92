/** Lines from a file or from standard input, as they come. */
import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import { lineChunks } from '@millrace/connect'
import { MillraceError, messageOf } from '../error.ts'

export interface LineInput {
  /** Names lines in keys and messages. */
  readonly name: string
  /** Bytes, where they are known. */
  readonly size: number | undefined
  readonly lines: AsyncIterable<readonly Uint8Array[]>
}

const readBytes = 1 << 20

/** Error: FILE_MISSING before anything is read, or while it is. */
export function fileInput(path: string): LineInput {
  let size: number
  try {
    const stat = statSync(path)
    if (stat.isDirectory()) throw new Error('it is a directory')
    // Of a pipe nobody knows it.
    size = stat.size
  } catch (error) {
    throw unreadable(path, error)
  }
  const chunks = createReadStream(path, { highWaterMark: readBytes })
  return { name: basename(path), size: size === 0 ? undefined : size, lines: named(path, lineChunks(chunks)) }
}

/** Ends early when the signal aborts, also while nobody types. */
export function standardInput(signal: AbortSignal): LineInput {
  if (process.stdin.isTTY) process.stderr.write('reading lines from the terminal; ctrl-D ends\n')
  return { name: 'stdin', size: undefined, lines: lineChunks(untilAborted(process.stdin, signal)) }
}

async function* named<T>(path: string, lines: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* lines
  } catch (error) {
    const isSystem = error instanceof Error && 'syscall' in error
    throw isSystem ? unreadable(path, error) : error
  }
}

function unreadable(path: string, error: unknown): MillraceError {
  return new MillraceError('INPUT_FAILED', `${path} cannot be read: ${messageOf(error)}.`, { cause: error })
}

async function* untilAborted(stream: NodeJS.ReadStream, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const chunks = stream[Symbol.asyncIterator]()
  for (;;) {
    const next = chunks.next()
    // When it loses the race, its end by `destroy` is nobody's concern.
    next.catch(() => {})
    const result = await Promise.race([next, aborted])
    if (result === undefined) {
      stream.destroy()
      return
    }
    if (result.done === true) return
    const chunk: unknown = result.value
    if (!(chunk instanceof Uint8Array)) throw new Error('standard input gives text, not bytes')
    yield chunk
  }
}
