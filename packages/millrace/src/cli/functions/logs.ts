/**
 * `millrace logs`: what a Lambda function has printed, from the files in the data directory, while the app runs and after it has
 * stopped. Following looks at the file now and then; a file that was put aside is read to its end first.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { type FunctionLogLine, logFilesOf, loggedFunctions, parseLogLine } from '@millrace/runtime'
import { didYouMean, systemClock } from '@millrace/values'
import { MillraceError } from '../../error.ts'
import { chooseDataDir } from '../data-directory.ts'
import { LineOutput } from '../output.ts'

export interface LogsFlags {
  readonly dataDir: string | undefined
  readonly follow: boolean
  /** Only lines of this invocation. */
  readonly request: string | undefined
  /** Lines from the end, before following. */
  readonly limit: number | undefined
  readonly json: boolean
}

const lookEveryMs = 200
const chunkBytes = 64 * 1024

export async function logs(name: string | undefined, flags: LogsFlags): Promise<void> {
  const dataDir = chooseDataDir(flags.dataDir)
  const functionName = chooseFunction(dataDir, name)
  const stopped = new AbortController()
  const stop = () => stopped.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const output = new LineOutput()
  const { current, older } = logFilesOf(dataDir, functionName)
  const isWanted = ({ requestId }: FunctionLogLine) =>
    flags.request === undefined || requestId === flags.request
  const print = async (lines: readonly FunctionLogLine[]) => {
    for (const line of lines) await output.line(Buffer.from(flags.json ? jsonLine(line) : textLine(line)))
    await output.flush()
  }
  try {
    // The current file is opened first: one that is put aside in between is then read twice at its end, never lost.
    let file = new LogFile(functionName, current)
    const aside = new LogFile(functionName, older)
    const before = aside.isSameAs(file) ? [] : aside.read()
    aside.close()
    const known = [...before, ...file.read()].filter(isWanted)
    await print(flags.limit === undefined ? known : known.slice(-flags.limit))
    while (flags.follow && !stopped.signal.aborted) {
      await systemClock.sleep(lookEveryMs, stopped.signal)
      // What was written before the file was put aside comes first.
      const isAside = file.isReplaced()
      await print(file.read().filter(isWanted))
      if (!isAside) continue
      file.close()
      file = new LogFile(functionName, current)
    }
    file.close()
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

function chooseFunction(dataDir: string, name: string | undefined): string {
  const names = loggedFunctions(dataDir)
  if (name !== undefined && names.includes(name)) return name
  const [only] = names
  if (name === undefined && names.length === 1 && only !== undefined) return only
  const what =
    name === undefined ? 'Which function is not said.' : `No function "${name}" has run in ${dataDir}.`
  throw new MillraceError('DATA_FUNCTION_UNKNOWN', what, {
    next: `${name === undefined ? '' : didYouMean(name, names)}It has lines of: ${names.join(', ') || 'no functions yet'}.`,
  })
}

/** A log file from where it was read last. One that does not exist has no lines, until it is opened anew. */
class LogFile {
  readonly #functionName: string
  readonly #path: string
  readonly #descriptor: number | undefined
  readonly #id: number | undefined
  #at = 0
  /** The begin of a line whose end has not been written. */
  #rest = Buffer.alloc(0)

  constructor(functionName: string, path: string) {
    this.#functionName = functionName
    this.#path = path
    try {
      this.#descriptor = openSync(path, 'r')
      this.#id = fileId(path)
    } catch {
      this.#descriptor = undefined
      this.#id = undefined
    }
  }

  isSameAs(other: LogFile): boolean {
    return this.#id !== undefined && this.#id === other.#id
  }

  /** Its name belongs to another file now, or does again. */
  isReplaced(): boolean {
    return fileId(this.#path) !== this.#id
  }

  read(): FunctionLogLine[] {
    if (this.#descriptor === undefined) return []
    const lines: FunctionLogLine[] = []
    const chunk = Buffer.allocUnsafe(chunkBytes)
    for (;;) {
      const count = readSync(this.#descriptor, chunk, 0, chunkBytes, this.#at)
      if (count === 0) return lines
      this.#at += count
      const all = Buffer.concat([this.#rest, chunk.subarray(0, count)])
      const end = all.lastIndexOf(10) + 1
      this.#rest = all.subarray(end)
      for (const text of all.toString('utf8', 0, end).split('\n')) {
        const line = text === '' ? undefined : parseLogLine(this.#functionName, text)
        if (line !== undefined) lines.push(line)
      }
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
  }
}

function fileId(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

function jsonLine({ functionName, timeMs, requestId, text }: FunctionLogLine): string {
  return JSON.stringify({ time: new Date(timeMs).toISOString(), function: functionName, requestId, text })
}

/** Lines of the console have their time in front, as the function printed it. */
function textLine({ timeMs, text }: FunctionLogLine): string {
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z\s/.test(text) ? text : `${new Date(timeMs).toISOString()}\t${text}`
}
