/**
 * The prefixes of a delivery, checked against each other once and then evaluated for each object, by the rules of Firehose:
 *
 * - Where nothing says the time, `yyyy/MM/dd/HH/` is appended: to a missing prefix, to plain text (literally: a slash comes
 *   only if the text ends in one), and to expressions without a timestamp unless partition keys are used.
 * - Errors without a prefix of their own go below the prefix and their type, which is possible only where the prefix is
 *   plain text. A prefix for errors that has expressions must say the type, and is then used as it is.
 * - Partition keys may stand in the prefix of objects alone, and there only with dynamic partitioning, which in turn wants every
 *   key that it extracts to be used, and a prefix for errors.
 *
 * A key that comes out never leaves its bucket and never has control characters; what records bring is checked each time.
 */
import { findZone, type Random, type Zone } from '@millrace/values'
import { LakeError } from '../errors.ts'
import { compileJavaPattern, type JavaPattern } from './java-time/java-pattern.ts'
import { invalid, type PrefixPart, parsePrefix } from './prefix-expression.ts'

export interface PrefixSettings {
  readonly prefix?: string | undefined
  readonly errorPrefix?: string | undefined
  /** IANA name; UTC unless given. */
  readonly timeZone?: string
  /** Undefined: no dynamic partitioning. */
  readonly partitioning?:
    | {
        /** Keys that queries extract. */
        readonly queryKeys: readonly string[]
        /** Whether a function may give keys. */
        readonly hasFunction: boolean
      }
    | undefined
}

export interface DeliveryPrefixes {
  /** Keys that the prefix reads, in its order, each once. */
  readonly queryKeys: readonly string[]
  readonly functionKeys: readonly string[]
  /** What is allowed but hardly meant. */
  readonly warnings: readonly string[]
  /** Error: PREFIX_VALUE, for values that are missing, empty, or cannot be part of a key. */
  objects(place: ObjectsPlace): string
  errors(place: ErrorsPlace): string
  /** The name of an object without its prefix: `NAME-VERSION-yyyy-MM-dd-HH-mm-ss-ID`, then the suffix. */
  objectName(parts: ObjectNameParts): string
}

export interface ObjectsPlace {
  /** Arrival of the oldest record of the object, ms. */
  readonly instant: number
  /** For random strings. */
  readonly random: Random
  readonly queryValues?: Readonly<Record<string, string | null | undefined>>
  readonly functionValues?: Readonly<Record<string, string | null | undefined>>
}

export interface ErrorsPlace {
  readonly instant: number
  readonly random: Random
  /** `processing-failed`, `format-conversion-failed`, ... */
  readonly type: string
}

export interface ObjectNameParts {
  readonly delivery: string
  readonly version: number
  readonly instant: number
  readonly id: string
  /** `.gz`, or nothing. */
  readonly suffix: string
}

/** Characters of an evaluated prefix. */
export const prefixMax = 512

const randomLength = 11
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const timeZoneMax = 50
const defaultTime: PrefixPart = { kind: 'timestamp', at: 0, pattern: mustCompile('yyyy/MM/dd/HH/') }
const nameTime = mustCompile('yyyy-MM-dd-HH-mm-ss')
const slash: PrefixPart = { kind: 'text', text: '/' }
const letter: PrefixPart = { kind: 'text', text: 'x' }
const errorType: PrefixPart = { kind: 'error-output-type', at: 0 }
/** The longest type that there is, to see at creation whether errors always have a place. */
const longestType = 'AmazonOpenSearchService-failed'

/** Error: PREFIX_INVALID. */
export function compileDeliveryPrefixes(settings: PrefixSettings): DeliveryPrefixes {
  const zone = zoneOf(settings.timeZone ?? 'UTC')
  const prefix = parsePrefix(settings.prefix ?? '', 'the prefix')
  checkPrefix(prefix, settings)
  const objectParts = withTime(prefix)
  const errorParts = errorPartsOf(prefix, settings)
  const sample: Random = { next: () => 0, below: () => 0 }
  // An object's partition values are unknown now; everything else that makes a key too long or unfit is known.
  const fixed = objectParts.map((part) => (isPartitionKey(part) ? letter : part))
  checkKey(evaluate(fixed, { instant: 0, random: sample }, zone, ''), 'PREFIX_INVALID', 'the prefix')
  checkKey(
    evaluate(errorParts, { instant: 0, random: sample }, zone, longestType),
    'PREFIX_INVALID',
    'the prefix for errors',
  )
  return {
    queryKeys: keysOf(objectParts, 'query-key'),
    functionKeys: keysOf(objectParts, 'function-key'),
    warnings: [...warningsOf(prefix, 'the prefix'), ...warningsOf(errorParts, 'the prefix for errors')],
    objects(place) {
      const text = evaluate(objectParts, place, zone, '')
      checkKey(text, 'PREFIX_VALUE', 'the evaluated prefix')
      return text
    },
    errors: (place) => evaluate(errorParts, place, zone, place.type),
    objectName: ({ delivery, version, instant, id, suffix }) =>
      `${delivery}-${version}-${nameTime.format(instant, zone)}-${id}${suffix}`,
  }
}

function zoneOf(name: string): Zone {
  const zone = name.length > timeZoneMax ? undefined : findZone(name)
  if (zone !== undefined) return zone
  throw new LakeError(
    'PREFIX_INVALID',
    `the time zone "${name.slice(0, 60)}" is not known; write an IANA name such as Europe/Berlin, or UTC.`,
  )
}

function checkPrefix(parts: readonly PrefixPart[], settings: PrefixSettings): void {
  const { partitioning } = settings
  const text = settings.prefix ?? ''
  const what = 'the prefix'
  for (const part of parts) {
    if (part.kind === 'error-output-type') {
      throw invalid(
        what,
        text,
        part.at,
        'objects without errors have no error type',
        'Use !{firehose:error-output-type} in the prefix for errors.',
      )
    }
    if (!isPartitionKey(part)) continue
    if (partitioning === undefined) {
      throw invalid(
        what,
        text,
        part.at,
        'there are no partition keys without dynamic partitioning',
        'Switch dynamic partitioning on, or take the expression out.',
      )
    }
    if (part.kind === 'function-key' && !partitioning.hasFunction) {
      throw invalid(
        what,
        text,
        part.at,
        'the delivery has no transform function that could give the key',
        'Add a function, or extract the key by a query.',
      )
    }
    if (part.kind === 'query-key' && !partitioning.queryKeys.includes(part.key)) {
      throw invalid(
        what,
        text,
        part.at,
        `no query extracts the key "${part.key}"`,
        partitioning.queryKeys.length === 0
          ? 'Add it to the query.'
          : `The query extracts: ${partitioning.queryKeys.join(', ')}.`,
      )
    }
  }
  if (partitioning === undefined) return
  const used = keysOf(parts, 'query-key')
  const unused = partitioning.queryKeys.filter((key) => !used.includes(key))
  if (unused.length > 0) {
    throw new LakeError(
      'PREFIX_INVALID',
      `the prefix does not use the partition keys ${unused.join(', ')}. Add !{partitionKeyFromQuery:${unused[0]}}, or take them out of the query.`,
    )
  }
  if (used.length === 0 && keysOf(parts, 'function-key').length === 0) {
    throw new LakeError(
      'PREFIX_INVALID',
      'dynamic partitioning needs a prefix with a partition key: !{partitionKeyFromQuery:KEY} or !{partitionKeyFromLambda:KEY}.',
    )
  }
}

function errorPartsOf(prefix: readonly PrefixPart[], settings: PrefixSettings): readonly PrefixPart[] {
  const text = settings.errorPrefix
  const what = 'the prefix for errors'
  if (text === undefined || text === '') {
    if (settings.partitioning !== undefined || prefix.some(({ kind }) => kind !== 'text')) {
      throw new LakeError(
        'PREFIX_INVALID',
        'a prefix with expressions needs a prefix for errors beside it, such as errors/!{firehose:error-output-type}/.',
      )
    }
    return [...prefix, errorType, slash, defaultTime]
  }
  const parts = parsePrefix(text, what)
  for (const part of parts) {
    if (!isPartitionKey(part)) continue
    throw invalid(
      what,
      text,
      part.at,
      'partition keys cannot be used for errors',
      'Records without partition keys are errors themselves; use !{firehose:error-output-type} and !{timestamp:...}.',
    )
  }
  if (parts.every(({ kind }) => kind === 'text')) return [...parts, errorType, slash, defaultTime]
  if (!parts.some(({ kind }) => kind === 'error-output-type')) {
    throw new LakeError(
      'PREFIX_INVALID',
      `the prefix for errors "${text.slice(0, 80)}" has expressions but not the type of error. Add !{firehose:error-output-type}/.`,
    )
  }
  return parts
}

function withTime(parts: readonly PrefixPart[]): readonly PrefixPart[] {
  const saysWhere = parts.some((part) => part.kind === 'timestamp' || isPartitionKey(part))
  return saysWhere ? parts : [...parts, defaultTime]
}

function isPartitionKey(part: PrefixPart): part is PrefixPart & { kind: 'query-key' | 'function-key' } {
  return part.kind === 'query-key' || part.kind === 'function-key'
}

function keysOf(parts: readonly PrefixPart[], kind: 'query-key' | 'function-key'): string[] {
  const keys = new Set<string>()
  for (const part of parts) if (part.kind === kind) keys.add(part.key)
  return [...keys]
}

function warningsOf(parts: readonly PrefixPart[], what: string): string[] {
  const warnings: string[] = []
  for (const part of parts) {
    if (part.kind !== 'timestamp') continue
    const { letters, text } = part.pattern
    if (letters.includes('Y') && !letters.includes('w')) {
      warnings.push(
        `${what}: Y in "${text}" is the year of the week, another one than y around New Year. Write y unless the pattern has w.`,
      )
    }
    if (letters.includes('D') && (letters.includes('M') || letters.includes('L'))) {
      warnings.push(`${what}: D in "${text}" is the day of the year. The day of the month is d.`)
    }
  }
  return warnings
}

function evaluate(parts: readonly PrefixPart[], place: ObjectsPlace, zone: Zone, type: string): string {
  let key = ''
  for (const part of parts) {
    switch (part.kind) {
      case 'text':
        key += part.text
        break
      case 'timestamp':
        key += part.pattern.format(place.instant, zone)
        break
      case 'random-string':
        for (let i = 0; i < randomLength; i++) key += alphabet[place.random.below(alphabet.length)]
        break
      case 'error-output-type':
        key += type
        break
      case 'query-key':
        key += partitionValue(part.key, place.queryValues, 'the query')
        break
      case 'function-key':
        key += partitionValue(part.key, place.functionValues, 'the function')
    }
  }
  return key
}

function partitionValue(key: string, values: ObjectsPlace['queryValues'], from: string): string {
  const value = values !== undefined && Object.hasOwn(values, key) ? values[key] : undefined
  if (value !== undefined && value !== null && value !== '') {
    if (!hasDots(value)) return value
    throw new LakeError(
      'PREFIX_VALUE',
      `the partition key "${key}" of ${from} is ${JSON.stringify(value.slice(0, 60))}: a part between slashes is "." or "..".`,
    )
  }
  const state = value === '' ? 'empty' : value === null ? 'null' : 'missing'
  throw new LakeError('PREFIX_VALUE', `the partition key "${key}" of ${from} is ${state}.`)
}

function checkKey(key: string, code: 'PREFIX_INVALID' | 'PREFIX_VALUE', what: string): void {
  const problem = keyProblem(key)
  if (problem !== undefined) {
    throw new LakeError(
      code,
      `${what} ${JSON.stringify(key.slice(0, 80))} cannot begin object keys: ${problem}.`,
    )
  }
}

function keyProblem(key: string): string | undefined {
  if (key.length > prefixMax) return `it has ${key.length} characters, and ${prefixMax} are allowed`
  if (key.startsWith('/')) return 'it begins with a slash'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(key)) return 'it has a control character'
  if (/\p{Surrogate}/u.test(key)) return 'it has half of a surrogate pair'
  return hasDots(key) ? 'a part between slashes is "." or ".."' : undefined
}

/** Wherever it is put, such a text could lead out of a folder. */
function hasDots(text: string): boolean {
  return text.split('/').some((segment) => segment === '.' || segment === '..')
}

/** Patterns of this file are right. */
function mustCompile(text: string): JavaPattern {
  const pattern = compileJavaPattern(text)
  if ('problem' in pattern) throw new Error(pattern.problem)
  return pattern
}
