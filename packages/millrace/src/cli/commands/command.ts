/**
 * What the commands' definitions share: a commander command in the house's form, and readers of flags. Commander hands an
 * action whatever was declared, so each flag is read through `text`, `texts` or `count`.
 */
import { Command, InvalidArgumentError } from 'commander'

/** Set by a command whose work failed without an error. */
export interface Outcome {
  exitCode: number
}

/** What commander hands to an action: only flags that were declared. */
export type RawFlags = { readonly [name: string]: unknown }

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

export function count(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** For flags that may be repeated. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

export function command(name: string): Command {
  return new Command(name)
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: (help) => process.stdout.write(help), writeErr: writeHelpOnly })
    .helpOption('-h, --help', 'print this help')
}

/** Commander prints usage errors before it throws them; ours are printed once, in one form. */
function writeHelpOnly(text: string): void {
  if (!text.startsWith('error:')) process.stdout.write(text)
}

export function positiveInteger(text: string): number {
  return integer(text, 1)
}

/** With a fraction, if wished. */
export function positiveNumber(text: string): number {
  const value = /^\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value > 0) return value
  throw new InvalidArgumentError('It must be a number above 0.')
}

export function nonNegativeInteger(text: string): number {
  return integer(text, 0)
}

function integer(text: string, min: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min) return value
  throw new InvalidArgumentError(`It must be an integer of at least ${min}.`)
}

export function portNumber(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (value <= 65_535) return value
  throw new InvalidArgumentError('It must be a port, 0 to 65535.')
}
