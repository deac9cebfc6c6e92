/**
 * What an app takes from outside: options after `--` on the command line, or an object of values in a test. Declaring an
 * option reads it at once, so the app can use the value while it describes itself; what nobody declared is refused after
 * the description has ended, when the whole list is known.
 */
import { isAbsolute, resolve } from 'node:path'
import { didYouMean } from '@millrace/values'
import { MillraceError } from '../error.ts'
import { checkSettings, here, quoted } from './names.ts'

export type OptionValue = string | number | boolean
export type OptionKind = 'integer' | 'string' | 'boolean' | 'path'

export interface OptionSettings<T extends OptionValue> {
  readonly default?: T
  /** One line for `-- --help`. */
  readonly help?: string
}

export interface IntegerOptionSettings extends OptionSettings<number> {
  /** Smallest value allowed, itself included; default 0. */
  readonly min?: number
  /** Largest value allowed, itself included; default 2^53 - 1. */
  readonly max?: number
}

/** `undefined` only where no default was given. */
type Given<T, S> = S extends { readonly default: T } ? T : T | undefined

/** Declares options of the app, each of which reads `--name value` or `--name=value` after `--`. */
export interface OptionDeclarer {
  integer<const S extends IntegerOptionSettings = Record<never, never>>(
    name: string,
    settings?: S,
  ): Given<number, S>
  string<const S extends OptionSettings<string> = Record<never, never>>(
    name: string,
    settings?: S,
  ): Given<string, S>
  /** `--name` or `--no-name`. False unless given. */
  boolean(name: string, settings?: OptionSettings<boolean>): boolean
  /**
   * An absolute path. What is given on the command line is relative to the current folder, as every command does it; a
   * default is relative to the app file, as every path in an app is.
   */
  path<const S extends OptionSettings<string> = Record<never, never>>(
    name: string,
    settings?: S,
  ): Given<string, S>
}

export interface OptionDeclaration {
  readonly name: string
  readonly kind: OptionKind
  readonly default: OptionValue | undefined
  readonly help: string
  /** What values there are, in words: `an integer from 0 to 10`. */
  readonly allowed: string
}

/** What was given: arguments as typed after `--`, or values by name. */
export type OptionsGiven = readonly string[] | { readonly [name: string]: OptionValue | undefined }

export class AppOptions implements OptionDeclarer {
  readonly #given: GivenOptions
  readonly #appDir: string
  readonly #declared = new Map<string, OptionDeclaration>()

  constructor(given: OptionsGiven, appDir: string) {
    this.#given = isArguments(given) ? new ArgumentOptions(given) : new ValueOptions(given)
    this.#appDir = appDir
  }

  get declared(): readonly OptionDeclaration[] {
    return [...this.#declared.values()]
  }

  integer<const S extends IntegerOptionSettings = Record<never, never>>(
    name: string,
    settings?: S,
  ): Given<number, S>
  integer(name: string, settings: IntegerOptionSettings = {}): number | undefined {
    checkSettings(`option "${name}"`, settings, ['default', 'min', 'max', 'help'])
    const min = settings.min ?? 0
    const max = settings.max ?? Number.MAX_SAFE_INTEGER
    const allowed =
      settings.max === undefined ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`
    const isAllowed = (value: unknown) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
    const declaration = this.#declare({ name, kind: 'integer', settings, allowed, isAllowed })
    const given = this.#given.take(name, 'integer')
    if (given === undefined) return settings.default
    const value = typeof given === 'string' && /^[+-]?\d{1,16}$/.test(given) ? Number(given) : given
    if (isAllowed(value)) return Number(value)
    throw invalidOption(declaration, given)
  }

  string<const S extends OptionSettings<string> = Record<never, never>>(
    name: string,
    settings?: S,
  ): Given<string, S>
  string(name: string, settings: OptionSettings<string> = {}): string | undefined {
    checkSettings(`option "${name}"`, settings, ['default', 'help'])
    const declaration = this.#declare({ name, kind: 'string', settings, allowed: 'text', isAllowed: isText })
    const given = this.#given.take(name, 'string')
    if (given === undefined) return settings.default
    if (isText(given)) return given
    throw invalidOption(declaration, given)
  }

  boolean(name: string, settings: OptionSettings<boolean> = {}): boolean {
    checkSettings(`option "${name}"`, settings, ['default', 'help'])
    const allowed = `--${name} or --no-${name}`
    const isAllowed = (value: unknown) => typeof value === 'boolean'
    const declaration = this.#declare({ name, kind: 'boolean', settings, allowed, isAllowed })
    const given = this.#given.take(name, 'boolean')
    if (given === undefined) return settings.default ?? false
    if (given === true || given === 'true') return true
    if (given === false || given === 'false') return false
    throw invalidOption(declaration, given)
  }

  path<const S extends OptionSettings<string> = Record<never, never>>(
    name: string,
    settings?: S,
  ): Given<string, S>
  path(name: string, settings: OptionSettings<string> = {}): string | undefined {
    checkSettings(`option "${name}"`, settings, ['default', 'help'])
    const allowed = 'the path of a file or folder'
    const isAllowed = (value: unknown) => isText(value) && value !== ''
    const declaration = this.#declare({ name, kind: 'path', settings, allowed, isAllowed })
    const given = this.#given.take(name, 'path')
    if (given === undefined) {
      return settings.default === undefined ? undefined : resolve(this.#appDir, settings.default)
    }
    if (!isText(given) || given === '') throw invalidOption(declaration, given)
    return isAbsolute(given) ? given : resolve(given)
  }

  /** Refuses what was given but never declared. */
  finish(): void {
    const left = this.#given.left()
    const first = left[0]
    if (first === undefined) return
    const names = [...this.#declared.keys()]
    const known = names.length === 0 ? 'This app has no options.' : `Known:\n${optionHelp(this.declared)}`
    const what = first.startsWith('--')
      ? `The app has no option ${first}.`
      : `The app takes only options, but "${first}" is none.`
    throw new MillraceError('OPTION_UNKNOWN', what, {
      next: `${didYouMean(first.replace(/^--(no-)?/, ''), names)}${known}`,
    })
  }

  #declare(option: {
    readonly name: string
    readonly kind: OptionKind
    readonly settings: OptionSettings<OptionValue>
    readonly allowed: string
    readonly isAllowed: (value: unknown) => boolean
  }): OptionDeclaration {
    const { name, kind, settings, allowed } = option
    if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,63}$/.test(name) || /^no-|^help$/.test(name)) {
      throw new MillraceError('APP_NAME_INVALID', `An option has the name ${quoted(name)}.`, {
        ...here(),
        next: 'Use small letters, digits and "-", beginning with a letter; not "help", and nothing that begins with "no-".',
      })
    }
    if (this.#declared.has(name)) {
      throw new MillraceError('APP_NAME_TAKEN', `The option --${name} is declared twice.`, here())
    }
    if (settings.default !== undefined && !option.isAllowed(settings.default)) {
      throw new MillraceError(
        'APP_VALUE_INVALID',
        `The default of --${name} is ${quoted(settings.default)}.`,
        { ...here(), next: `Allowed: ${allowed}.` },
      )
    }
    const declaration = { name, kind, default: settings.default, help: settings.help ?? '', allowed }
    this.#declared.set(name, declaration)
    return declaration
  }
}

/** One line for each option, aligned. */
export function optionHelp(options: readonly OptionDeclaration[]): string {
  const rows = options.map((option) => {
    const form =
      option.kind === 'boolean' ? `--${option.name}` : `--${option.name} ${option.kind.toUpperCase()}`
    const rule = option.kind === 'integer' ? option.allowed : ''
    const initial = option.default === undefined ? '' : `default ${String(option.default)}`
    const notes = [rule, initial].filter((note) => note !== '').join(', ')
    return { form, text: `${option.help}${notes === '' ? '' : ` (${notes})`}`.trim() }
  })
  const width = Math.max(0, ...rows.map((row) => row.form.length))
  return rows.map((row) => `  ${row.form.padEnd(width)}  ${row.text}`.trimEnd()).join('\n')
}

interface GivenOptions {
  /** The value given, `true` for a bare boolean; undefined if not given. */
  take(name: string, kind: OptionKind): OptionValue | undefined
  /** What nobody took, in the order given. */
  left(): string[]
}

/** Values by name, as a test gives them. */
class ValueOptions implements GivenOptions {
  readonly #left: Map<string, OptionValue>

  constructor(values: { readonly [name: string]: OptionValue | undefined }) {
    this.#left = new Map()
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined) this.#left.set(name, value)
    }
  }

  take(name: string): OptionValue | undefined {
    const value = this.#left.get(name)
    this.#left.delete(name)
    return value
  }

  left(): string[] {
    return [...this.#left.keys()].map((name) => `--${name}`)
  }
}

/** Arguments as typed: whether the word after `--name` is its value is known only when the option is declared. */
class ArgumentOptions implements GivenOptions {
  /** Words not yet taken; undefined where one was. */
  readonly #words: (string | undefined)[]

  constructor(words: readonly string[]) {
    this.#words = [...words]
  }

  take(name: string, kind: OptionKind): OptionValue | undefined {
    let found: OptionValue | undefined
    for (let i = 0; i < this.#words.length; i++) {
      const value = this.#takeAt(i, name, kind)
      if (value === undefined) continue
      if (found !== undefined) {
        throw new MillraceError('OPTION_REPEATED', `The option --${name} was given twice.`)
      }
      found = value
    }
    return found
  }

  left(): string[] {
    return this.#words.filter((word) => word !== undefined)
  }

  #takeAt(index: number, name: string, kind: OptionKind): OptionValue | undefined {
    const word = this.#words[index]
    if (word === undefined) return undefined
    if (word.startsWith(`--${name}=`)) {
      this.#words[index] = undefined
      return word.slice(name.length + 3)
    }
    if (kind === 'boolean' && (word === `--${name}` || word === `--no-${name}`)) {
      this.#words[index] = undefined
      return word === `--${name}`
    }
    if (word !== `--${name}`) return undefined
    const value = this.#words[index + 1]
    if (value === undefined || value.startsWith('--')) {
      throw new MillraceError('OPTION_INVALID', `The option --${name} has no value.`, {
        next: `Give one: --${name} ${kind.toUpperCase()}, or --${name}=VALUE if it begins with "--".`,
      })
    }
    this.#words[index] = undefined
    this.#words[index + 1] = undefined
    return value
  }
}

function isArguments(given: OptionsGiven): given is readonly string[] {
  return Array.isArray(given)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function invalidOption(option: OptionDeclaration, given: unknown): MillraceError {
  return new MillraceError('OPTION_INVALID', `The option --${option.name} has the value ${quoted(given)}.`, {
    next: `Allowed: ${option.allowed}.`,
  })
}
