/**
 * The error of the public API and the command line: a stable code, the place, what is allowed and the next step.
 * Recognise it by `code`, not by class: an app file may load another copy of this package.
 */
export { codeOf, messageOf } from '@millrace/values'

import { type ErrorCode, millraceErrorCodes } from './error-codes.ts'

export interface ErrorDetails {
  /** File, line and column, or a name, where the fault lies. */
  readonly place?: string | undefined
  /** What to do instead; the code's general advice if absent. */
  readonly next?: string | undefined
  readonly cause?: unknown
}

export class MillraceError extends Error {
  readonly code: ErrorCode
  readonly place: string | undefined
  readonly next: string
  /** The sentence without code, place and advice. */
  readonly what: string

  constructor(code: ErrorCode, sentence: string, details: ErrorDetails = {}) {
    // A sentence that ends in one of somebody else's has two full stops.
    const what = (sentence.charAt(0).toUpperCase() + sentence.slice(1)).replace(/([^.])\.\.$/, '$1.')
    const next = details.next ?? millraceErrorCodes[code].next
    const place = details.place === undefined ? '' : ` ${details.place}`
    super(
      `${code}${place}: ${what} ${next}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    )
    this.name = 'MillraceError'
    this.code = code
    this.place = details.place
    this.next = next
    this.what = what
  }
}

/** True for codes that Millrace's own layers promise to keep; false for those of Node and of dependencies. */
export function isStableCode(code: string | undefined): code is string {
  if (code === undefined || /^(ERR_|UND_|MODULE_NOT_FOUND$)/.test(code)) return false
  return /^(VAL|SQL)\d{4}$|^[A-Z]+(_[A-Z]+)+$/.test(code) || Object.hasOwn(millraceErrorCodes, code)
}
