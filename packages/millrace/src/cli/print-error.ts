/**
 * Errors on the command line, always on standard error: for people the message as it is, with the app's line if the
 * error does not name one; with --json one line of JSON, `{"error": {code, message, place, next, exitCode}}`.
 */
import { placeOf } from '../define/call-site.ts'
import { codeOf, isStableCode, MillraceError, messageOf } from '../error.ts'
import { placeError } from '../load/error-place.ts'
import { exitCodeOf } from './exit-code.ts'

export function printError(error: unknown, options: { readonly json: boolean }): void {
  const known = isStableCode(codeOf(error)) ? error : unexpected(error)
  if (options.json) {
    process.stderr.write(`${JSON.stringify({ error: errorFields(known) })}\n`)
    return
  }
  process.stderr.write(`${errorText(known)}\n`)
  if (process.env.MILLRACE_DEBUG) process.stderr.write(`${traceOf(error)}\n`)
}

/** The message as people read it. */
export function errorText(error: unknown): string {
  const known = isStableCode(codeOf(error)) ? error : unexpected(error)
  const { place, code } = errorFields(known)
  const message = messageOf(known)
  // Layers below put their code into the message; Node's errors and plain ones do not.
  const named = message.startsWith(code) ? message : `${code}: ${message}`
  const tail = place !== undefined && !message.includes(place) ? `\n  at ${place}` : ''
  return `${named}${tail}`
}

export interface ErrorFields {
  readonly code: string
  readonly message: string
  readonly place: string | undefined
  readonly next: string | undefined
  readonly exitCode: number
}

export function errorFields(error: unknown): ErrorFields {
  return {
    code: codeOf(error) ?? 'INTERNAL',
    message: messageOf(error),
    place: textField(error, 'place') ?? placeOf(placeError(error).site),
    next: textField(error, 'next'),
    exitCode: exitCodeOf(error),
  }
}

function unexpected(error: unknown): MillraceError {
  const code = codeOf(error)
  const text = messageOf(error)
  const what = code === undefined || text.includes(code) ? text : `${code}: ${text}`
  return new MillraceError('INTERNAL', /[.!?]$/.test(what) ? what : `${what}.`, {
    place: placeOf(placeError(error).site),
    cause: error,
  })
}

function textField(error: unknown, name: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const value: unknown = Reflect.get(error, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The stack of the error and of those that caused it. */
function traceOf(error: unknown): string {
  const parts: string[] = []
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    parts.push(`${depth === 0 ? '' : 'caused by '}${at.stack ?? at.message}`)
  }
  return parts.join('\n')
}
