/** Names that users choose, and the checks that every kind of them shares. */

import { didYouMean } from '@millrace/values'
import { MillraceError } from '../error.ts'
import { callSite, placeOf } from './call-site.ts'

const namePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/

export function checkName(what: string, name: unknown): string {
  if (typeof name === 'string' && namePattern.test(name)) return name
  throw new MillraceError('APP_NAME_INVALID', `${what} has the name ${quoted(name)}.`, here())
}

/** Stage names begin the names of their own streams (`enrich.error_stream`), so they hold no dot. */
export function checkStageName(name: unknown): string {
  const checked = checkName('a stage', name)
  if (!checked.includes('.') && checked.length <= 100) return checked
  throw new MillraceError('APP_NAME_INVALID', `A stage has the name ${quoted(name)}.`, {
    ...here(),
    next: 'Use at most 100 letters, digits, "-" and "_", beginning with a letter.',
  })
}

/** Refuses settings that nobody would read: a misspelt one would silently keep its default. */
export function checkSettings(what: string, settings: unknown, known: readonly string[]): void {
  if (typeof settings !== 'object' || settings === null) {
    const got = quoted(settings)
    throw new MillraceError('APP_VALUE_INVALID', `${what} needs an object of settings, but got ${got}.`, {
      ...here(),
      next: `Allowed: ${known.join(', ')}.`,
    })
  }
  for (const name of Object.keys(settings)) {
    if (known.includes(name)) continue
    throw new MillraceError('APP_SETTING_UNKNOWN', `${what} has no setting "${name}".`, {
      ...here(),
      next: `${didYouMean(name, known)}Allowed: ${known.join(', ')}.`,
    })
  }
}

export interface IntegerRule {
  readonly min: number
  readonly max: number
  readonly default: number
}

export function checkInteger(what: string, value: unknown, rule: IntegerRule): number {
  if (value === undefined) return rule.default
  if (typeof value === 'number' && Number.isInteger(value) && value >= rule.min && value <= rule.max)
    return value
  throw new MillraceError('APP_VALUE_INVALID', `${what} is ${quoted(value)}.`, {
    ...here(),
    next: `Allowed: an integer from ${rule.min} to ${rule.max} (default ${rule.default}).`,
  })
}

/** The place of the app's call that is being checked. */
export function here(): { readonly place: string | undefined } {
  return { place: placeOf(callSite()) }
}

/** A value as it looks in a message: short, and never an exception. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value)
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}

/** A setting's value that is none of those allowed. */
export function invalidValue(what: string, value: unknown, allowed: string): MillraceError {
  return new MillraceError('APP_VALUE_INVALID', `${what} is ${quoted(value)}.`, {
    ...here(),
    next: `Allowed: ${allowed}.`,
  })
}
