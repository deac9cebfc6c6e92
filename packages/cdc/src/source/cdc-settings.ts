/**
 * The options of a database source, checked where the app is defined, with every default filled in. Errors: CDC_OPTION with the
 * option, its value and what is allowed. What only the database can tell (positions, tables that do not exist) is checked when
 * the source opens; envelopes and rules check their own options.
 */
import { didYouMean } from '@millrace/values'
import { CdcError } from '../errors.ts'
import type { CdcOptions, SchemaPolicy, SchemaPolicyRule } from './cdc-options.ts'

export type StartSetting =
  | { readonly mode: 'load' | 'load-only' | 'now' }
  | { readonly mode: 'position'; readonly position: string }
  | { readonly mode: 'time'; readonly timeMs: number }

export interface CdcSettings {
  readonly start: StartSetting
  readonly chunkRows: number
  readonly parallel: number
  readonly schemaPolicies: readonly SchemaPolicyRule[]
  /** 0: never. */
  readonly heartbeatMs: number
  readonly alarmBehindBytes: number
  readonly alarmExpiresInMs: number
}

/** How a check of a value says what is allowed: undefined where the value is. */
export type OptionCheck = (value: unknown) => string | undefined

const policies: readonly SchemaPolicy[] = ['follow', 'ignore', 'quarantine', 'stop']
export const schemaChangeKinds = [
  'create',
  'add',
  'drop-column',
  'rename-column',
  'retype',
  'rename-table',
  'drop-table',
  'truncate',
] as const

const day = 86_400_000
const commonChecks: { readonly [Name in keyof CdcOptions]-?: OptionCheck } = {
  url: textCheck,
  tables: (value) =>
    Array.isArray(value) && value.length > 0 && value.every((item) => textCheck(item) === undefined)
      ? undefined
      : "a list of names with wildcards such as ['shop.orders', 'shop.item_%']",
  mappings: (value) =>
    typeof value === 'string' || (typeof value === 'object' && value !== null)
      ? undefined
      : 'the table mappings of DMS: their JSON object, or the path of its file',
  envelope: () => undefined,
  start: () => undefined,
  load: (value) => (typeof value === 'object' && value !== null ? undefined : '{ chunkRows, parallel }'),
  schemaChanges: () => undefined,
  heartbeatMs: integerCheck(0, day),
  alarm: (value) =>
    typeof value === 'object' && value !== null ? undefined : '{ behindBytes, expiresInMs }',
}

/** Errors: CDC_OPTION. `extra`: the options that this kind of database has besides. */
export function readCdcOptions(
  source: string,
  options: CdcOptions,
  extra: { readonly [name: string]: OptionCheck },
): CdcSettings {
  checkMembers(source, options, { ...commonChecks, ...extra })
  if (options.url === undefined) throw refused(`${source}: "url"`, undefined, 'the address of the database')
  if (options.tables !== undefined && options.mappings !== undefined) {
    throw new CdcError(
      'CDC_OPTION',
      `${source}: "tables" and "mappings" both say which tables are captured. Give one of them.`,
    )
  }
  const load = options.load ?? {}
  checkMembers(`${source}: load`, load, {
    chunkRows: integerCheck(1, 100_000),
    parallel: integerCheck(1, 16),
  })
  const alarm = options.alarm ?? {}
  checkMembers(`${source}: alarm`, alarm, {
    behindBytes: integerCheck(1, Number.MAX_SAFE_INTEGER),
    expiresInMs: integerCheck(1, 365 * day),
  })
  return {
    start: readStart(source, options.start ?? 'load'),
    chunkRows: load.chunkRows ?? 10_000,
    parallel: load.parallel ?? 4,
    schemaPolicies: readPolicies(source, options.schemaChanges ?? 'follow'),
    heartbeatMs: options.heartbeatMs ?? 10_000,
    alarmBehindBytes: alarm.behindBytes ?? 2 ** 30,
    alarmExpiresInMs: alarm.expiresInMs ?? 6 * 3_600_000,
  }
}

export function integerCheck(min: number, max: number): OptionCheck {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `an integer from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`
}

export function textCheck(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? undefined : 'a text that is not empty'
}

export function flagCheck(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : 'true or false'
}

function readStart(source: string, start: NonNullable<CdcOptions['start']>): StartSetting {
  const allowed =
    "'load', 'load-only', 'now', { position: '...' } as the database writes it, or { time: ISO text or ms }"
  if (start === 'load' || start === 'load-only' || start === 'now') return { mode: start }
  if (typeof start === 'object' && start !== null) {
    if ('position' in start && textCheck(start.position) === undefined) {
      return { mode: 'position', position: start.position }
    }
    if ('time' in start) {
      const timeMs = typeof start.time === 'number' ? start.time : Date.parse(start.time)
      if (Number.isFinite(timeMs)) return { mode: 'time', timeMs }
    }
  }
  throw refused(`${source}: "start"`, start, allowed)
}

function readPolicies(
  source: string,
  value: NonNullable<CdcOptions['schemaChanges']>,
): readonly SchemaPolicyRule[] {
  const place = `${source}: "schemaChanges"`
  // `Array.isArray` does not narrow readonly arrays: the other branch is the text.
  if (!Array.isArray(value)) {
    const policy = policies.find((known) => known === value)
    if (policy === undefined)
      throw refused(place, value, `${listed(policies)}, or a list of { table, changes, policy }`)
    return [{ policy }]
  }
  const rules: readonly SchemaPolicyRule[] = value
  return rules.map((rule, i) => {
    const where = `${place}[${i}]`
    if (typeof rule !== 'object' || rule === null) throw refused(where, rule, '{ table, changes, policy }')
    checkMembers(where, rule, {
      table: textCheck,
      policy: (policy) => (policies.some((known) => known === policy) ? undefined : listed(policies)),
      changes: (changes) =>
        Array.isArray(changes) && changes.every((kind) => schemaChangeKinds.some((known) => known === kind))
          ? undefined
          : `a list of ${listed(schemaChangeKinds)}`,
    })
    if (rule.policy === undefined) throw refused(`${where}.policy`, undefined, listed(policies))
    return rule
  })
}

function checkMembers(
  place: string,
  options: object,
  checks: { readonly [name: string]: OptionCheck },
): void {
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) {
      throw new CdcError(
        'CDC_OPTION',
        `${place}: there is no option "${name}". ${didYouMean(name, Object.keys(checks))}` +
          `Known are ${Object.keys(checks).join(', ')}.`,
      )
    }
    const allowed = value === undefined ? undefined : check(value)
    // The address holds a password.
    if (allowed !== undefined)
      throw refused(`${place}: "${name}"`, name === 'url' ? '(hidden)' : value, allowed)
  }
}

function refused(place: string, value: unknown, allowed: string): CdcError {
  const text = JSON.stringify(value) ?? 'missing'
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text
  return new CdcError('CDC_OPTION', `${place} must be ${allowed}, but is ${shown}.`)
}

function listed(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(', ')
}
