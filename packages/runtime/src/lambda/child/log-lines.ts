/**
 * Everything that a function prints becomes lines for the host: console methods with time, request id and level in front, as
 * in CloudWatch; what is written to stdout and stderr by other means, line by line as it is. An invocation has a budget:
 * what goes beyond it is counted and left out here, so that a function that prints without end costs its host little.
 */
import { format } from 'node:util'
import { timeText } from './child-clock.ts'
import { sayLog } from './host-channel.ts'

const linesMax = 10_000
const charactersMax = 1024 * 1024
const lineCharactersMax = 256 * 1024

let requestId: string | undefined
let lines = 0
let characters = 0
let leftOut = 0
const pieces = new Map<'stdout' | 'stderr', string>()

export function captureOutput(): void {
  const levels = { log: 'INFO', info: 'INFO', debug: 'DEBUG', warn: 'WARN', error: 'ERROR', trace: 'TRACE' }
  for (const [method, level] of Object.entries(levels)) {
    // Sound: the names are methods of the console that take anything.
    console[method as 'log'] = (...values: unknown[]) => printAtLevel(level, format(...values))
  }
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name]
    const write = (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
      printPiece(name, textOf(chunk, encoding))
      const called = typeof encoding === 'function' ? encoding : done
      if (typeof called === 'function') process.nextTick(called)
      return true
    }
    // Sound: it takes what the stream's own method takes, in all its forms.
    stream.write = write as typeof stream.write
  }
  process.on('exit', flushPieces)
}

/** From here on lines belong to this invocation. */
export function beginLog(id: string): void {
  requestId = id
  lines = 0
  characters = 0
  leftOut = 0
}

/** All of the invocation's lines have been said. */
export function endLog(): void {
  flushPieces()
  if (leftOut > 0) sayLog(`${leftOut} more lines of this invocation are left out`)
  leftOut = 0
}

export function printAtLevel(level: string, text: string): void {
  print(`${timeText()}\t${requestId ?? 'undefined'}\t${level}\t${text}`)
}

/** What was written without a line end waits for the rest of its line. */
function printPiece(name: 'stdout' | 'stderr', text: string): void {
  const parts = `${pieces.get(name) ?? ''}${text}`.split('\n')
  const rest = parts.pop() ?? ''
  for (const part of parts) print(part.endsWith('\r') ? part.slice(0, -1) : part)
  if (rest.length < lineCharactersMax) return void pieces.set(name, rest)
  print(rest)
  pieces.delete(name)
}

function flushPieces(): void {
  for (const text of pieces.values()) if (text !== '') print(text)
  pieces.clear()
}

function print(text: string): void {
  const line =
    text.length <= lineCharactersMax
      ? text
      : `${text.slice(0, lineCharactersMax)}... (${text.length} characters)`
  if (lines >= linesMax || characters + line.length > charactersMax) {
    leftOut++
    return
  }
  lines++
  characters += line.length
  sayLog(line)
}

function textOf(chunk: unknown, encoding: unknown): string {
  if (typeof chunk === 'string') {
    const named = typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8'
    return named === 'utf8' || named === 'utf-8' ? chunk : Buffer.from(chunk, named).toString()
  }
  return chunk instanceof Uint8Array
    ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString()
    : String(chunk)
}
