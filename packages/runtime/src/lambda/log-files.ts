/**
 * The log of functions on disk: `logs/FUNCTION.log` in the data directory, one JSON object a line
 *
 *   {"time":"2026-01-01T00:00:00.000Z","requestId":"...","text":"..."}
 *
 * A file that has grown to its limit becomes FUNCTION.log.1, in place of the one before; so a function's log takes up twice
 * the limit at most. One process writes, on one thread; any may read. Lines are not synced: after a crash of the machine the
 * last ones may be missing, and a torn line is passed over by readers.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { FunctionLogLine } from './invocation-log.ts'

const folder = 'logs'
const fileBytesMaxDefault = 8 * 1024 * 1024

export interface LogFiles {
  readonly current: string
  readonly older: string
}

/** A function's name is a valid file name: the app has checked it. */
export function logFilesOf(dataDir: string, functionName: string): LogFiles {
  const path = join(dataDir, folder, functionName)
  return { current: `${path}.log`, older: `${path}.log.1` }
}

/** Functions that have printed something into a data directory. */
export function loggedFunctions(dataDir: string): string[] {
  const dir = join(dataDir, folder)
  if (!existsSync(dir)) return []
  const names = readdirSync(dir).flatMap((file) => /^(.*)\.log(?:\.1)?$/.exec(file)?.[1] ?? [])
  return [...new Set(names)].sort()
}

export class LogWriter {
  readonly #dataDir: string
  readonly #fileBytesMax: number
  readonly #open = new Map<string, { readonly descriptor: number; bytes: number }>()

  constructor(dataDir: string, fileBytesMax = fileBytesMaxDefault) {
    this.#dataDir = dataDir
    this.#fileBytesMax = fileBytesMax
  }

  /** Throws what the file system throws. */
  write(lines: readonly FunctionLogLine[]): void {
    const texts = new Map<string, string>()
    for (const line of lines) {
      const { functionName } = line
      texts.set(functionName, `${texts.get(functionName) ?? ''}${lineText(line)}\n`)
    }
    for (const [name, text] of texts) this.#append(name, Buffer.from(text))
  }

  close(): void {
    for (const { descriptor } of this.#open.values()) closeSync(descriptor)
    this.#open.clear()
  }

  #append(name: string, bytes: Buffer): void {
    const file = this.#open.get(name) ?? this.#openFile(name)
    writeSync(file.descriptor, bytes)
    file.bytes += bytes.length
    if (file.bytes < this.#fileBytesMax) return
    closeSync(file.descriptor)
    this.#open.delete(name)
    const { current, older } = logFilesOf(this.#dataDir, name)
    renameSync(current, older)
  }

  #openFile(name: string) {
    mkdirSync(join(this.#dataDir, folder), { recursive: true })
    const descriptor = openSync(logFilesOf(this.#dataDir, name).current, 'a')
    const file = { descriptor, bytes: fstatSync(descriptor).size }
    this.#open.set(name, file)
    return file
  }
}

function lineText({ timeMs, requestId, text }: FunctionLogLine): string {
  return JSON.stringify({ time: new Date(timeMs).toISOString(), requestId, text })
}

/** A line of a log file; undefined where it is torn. */
export function parseLogLine(functionName: string, text: string): FunctionLogLine | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('time' in value) || !('text' in value))
    return undefined
  const timeMs = Date.parse(String(value.time))
  const requestId = 'requestId' in value && typeof value.requestId === 'string' ? value.requestId : undefined
  return { functionName, timeMs, requestId, text: String(value.text) }
}
