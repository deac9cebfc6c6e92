/**
 * How a stream's records become calls of a function: the settings that every form of functions takes, by the names and
 * ranges of Lambda's event source mappings, and their checks.
 */
import {
  type FailureDestination,
  type MappingSettings,
  mappingRanges,
  type StartingPosition,
} from '@millrace/runtime'
import { checkInteger, checkSettings, invalidValue } from './names.ts'
import type { StreamHandle } from './stream-handle.ts'

export interface MappingOptions {
  /** Records of one call, 1 to 10,000; default 100, of a bucket's objects 1. */
  readonly batchSize?: number
  /** How long the first record of a batch may wait for others, 0 to 300; default 0: what is there goes at once. */
  readonly batchingWindowSeconds?: number
  /** Calls at the same time for each shard, 1 to 10; default 1. Order holds for each partition key. */
  readonly parallelization?: number
  /** Where a function that has never run begins: the oldest record (default), the next one, or the first since a time. */
  readonly startingPosition?: 'TRIM_HORIZON' | 'LATEST' | Date
  /** Attempts after the first, 0 to 10,000 or Infinity; default 3, of a bucket's objects 2. Then the records go to the dead letters. */
  readonly retries?: number
  /** Older records go to the dead letters untried, 60 to 604,800 or Infinity (default; of a bucket's objects 21,600). */
  readonly maxRecordAgeSeconds?: number
  /** Split a failed batch in two and try the halves, first one first; default false. */
  readonly bisect?: boolean
  /** Read `batchItemFailures` in what the function returns: all before the first of them is done; default false. */
  readonly reportItemFailures?: boolean
  /** Length of tumbling windows, 0 to 900; default 0: none. State goes from call to call within a shard's window. */
  readonly tumblingWindowSeconds?: number
  /** A window begins with the state at the end of the one before it, not with an empty one; default false. */
  readonly carryState?: boolean
  /** Patterns in the form of Lambda's event filters, as objects or JSON text: a record has to match one of them. */
  readonly filters?: readonly (string | object)[]
  /** Takes a report, beside the dead letters, when records are given up: a stream, or a folder with a file for each. */
  readonly onFailure?: StreamHandle | { readonly folder: string | URL }
}

export const mappingOptionNames = [
  'batchSize',
  'batchingWindowSeconds',
  'parallelization',
  'startingPosition',
  'retries',
  'maxRecordAgeSeconds',
  'bisect',
  'reportItemFailures',
  'tumblingWindowSeconds',
  'carryState',
  'filters',
  'onFailure',
] as const satisfies readonly (keyof MappingOptions)[]

/** What the app makes of handles and paths. */
export interface MappingReferences {
  isHandle(value: unknown): boolean
  streamName(what: string, handle: unknown): string
  /** The stream of this name tells of a bucket's objects. */
  isBucketStream(name: string): boolean
  /** A stream of this name is declared. */
  hasStream(name: string): boolean
  path(what: string, file: unknown): string
}

/**
 * What holds unless a setting is given. News of objects go to functions as S3 sends them: one object for each call, two more attempts,
 * none older than six hours.
 */
export function defaultsFor(
  stream: string,
  references: Pick<MappingReferences, 'isBucketStream'>,
  others: MappingSettings,
): MappingSettings {
  if (!references.isBucketStream(stream)) return others
  return { ...others, batchSize: 1, maxRetries: 2, maxRecordAgeMs: 6 * 3_600_000 }
}

/** `what` names the function in messages. */
export function checkMapping(
  what: string,
  options: MappingOptions,
  defaults: MappingSettings,
  references: MappingReferences,
): MappingSettings {
  const integer = (name: keyof MappingOptions, setting: keyof typeof mappingRanges, unit = 1): number => {
    const [min, max] = mappingRanges[setting]
    const value: unknown = options[name]
    const endless = setting === 'maxRetries' || setting === 'maxRecordAgeMs'
    if (endless && value === Number.POSITIVE_INFINITY) return value
    if (value === undefined) return defaults[setting]
    const range = { min: min / unit, max: max / unit, default: defaults[setting] / unit }
    return unit * checkInteger(`${name} of ${what}`, value, range)
  }
  const boolean = (name: 'bisect' | 'reportItemFailures' | 'carryState'): boolean => {
    const value: unknown = options[name] ?? defaults[name]
    if (typeof value === 'boolean') return value
    throw invalidValue(`${name} of ${what}`, value, 'true or false')
  }
  return {
    batchSize: integer('batchSize', 'batchSize'),
    batchingWindowMs: integer('batchingWindowSeconds', 'batchingWindowMs', 1000),
    parallelization: integer('parallelization', 'parallelization'),
    startingPosition: startingPosition(what, options.startingPosition) ?? defaults.startingPosition,
    maxRetries: integer('retries', 'maxRetries'),
    maxRecordAgeMs: integer('maxRecordAgeSeconds', 'maxRecordAgeMs', 1000),
    bisect: boolean('bisect'),
    reportItemFailures: boolean('reportItemFailures'),
    tumblingWindowMs: integer('tumblingWindowSeconds', 'tumblingWindowMs', 1000),
    carryState: boolean('carryState'),
    filters: filterTexts(what, options.filters) ?? defaults.filters,
    onFailure: destination(what, options.onFailure, references) ?? defaults.onFailure,
  }
}

function startingPosition(what: string, value: unknown): StartingPosition | undefined {
  if (value === undefined || value === 'TRIM_HORIZON' || value === 'LATEST') return value
  if (value instanceof Date && !Number.isNaN(value.getTime())) return { atMs: value.getTime() }
  throw invalidValue(`startingPosition of ${what}`, value, `'TRIM_HORIZON', 'LATEST', a Date`)
}

function filterTexts(what: string, value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw invalidValue(`filters of ${what}`, value, 'an array of patterns')
  return value.map((pattern: unknown, index) => {
    if (typeof pattern === 'string') return pattern
    if (typeof pattern === 'object' && pattern !== null) return JSON.stringify(pattern)
    throw invalidValue(`filter ${index + 1} of ${what}`, pattern, 'a pattern as an object, or its JSON text')
  })
}

function destination(
  what: string,
  value: unknown,
  references: MappingReferences,
): FailureDestination | undefined {
  if (value === undefined) return undefined
  const place = `onFailure of ${what}`
  if (references.isHandle(value) || typeof value !== 'object' || value === null || !('folder' in value)) {
    return { kind: 'stream', stream: references.streamName(place, value) }
  }
  checkSettings(place, value, ['folder'])
  return { kind: 'folder', path: references.path(`folder of ${place}`, value.folder) }
}
