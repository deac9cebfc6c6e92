/**
 * The settings of an event source mapping by the names that AWS gives them, so that a mapping can be copied from a template:
 * in camelCase as the CDK writes them, or, under `mapping`, in PascalCase as CloudFormation and SAM do. Ranges and defaults are
 * those of AWS; where it has -1, so does this. What a template says of the function and the source is left to the app.
 */
import type { FailureDestination, MappingSettings, StartingPosition } from '@millrace/runtime'
import { didYouMean } from '@millrace/values'
import { MillraceError } from '../error.ts'
import type { MappingReferences } from './mapping-options.ts'
import { checkInteger, checkSettings, here, invalidValue, quoted } from './names.ts'
import type { StreamHandle } from './stream-handle.ts'

export interface LambdaMapping {
  /** Records of one invocation at most, 1 to 10,000; default 100, of a bucket's objects 1. */
  readonly batchSize?: number
  /** How long the first record of a batch may wait for others, 0 to 300; default 0. */
  readonly maximumBatchingWindowInSeconds?: number
  /** Invocations at the same time for each shard, 1 to 10; default 1. */
  readonly parallelizationFactor?: number
  /** Where a mapping that has never run begins. AWS wants it said; here it is TRIM_HORIZON unless given. */
  readonly startingPosition?: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP'
  /** With AT_TIMESTAMP: seconds since the epoch, or a Date. */
  readonly startingPositionTimestamp?: number | Date
  /** Attempts after the first, 0 to 10,000; default -1: until the records expire; of a bucket's objects 2. */
  readonly maximumRetryAttempts?: number
  /** Older records are given up, 60 to 604,800; default -1: none; of a bucket's objects 21,600. */
  readonly maximumRecordAgeInSeconds?: number
  readonly bisectBatchOnFunctionError?: boolean
  /** 0 to 900; default 0: no windows. */
  readonly tumblingWindowInSeconds?: number
  readonly functionResponseTypes?: readonly 'ReportBatchItemFailures'[]
  /** Up to ten patterns, as objects or JSON text; a record has to match one of them. */
  readonly filterCriteria?: {
    readonly filters: readonly { readonly pattern: string | object }[]
  }
  /** Takes a report when records are given up: a stream, a folder, or an ARN whose last part is the name of a stream of the app. */
  readonly destinationConfig?: {
    readonly onFailure: { readonly destination: StreamHandle | { readonly folder: string | URL } | string }
  }
}

/** The same in PascalCase. */
export interface TemplateMapping {
  readonly [property: string]: unknown
}

const names = [
  'batchSize',
  'maximumBatchingWindowInSeconds',
  'parallelizationFactor',
  'startingPosition',
  'startingPositionTimestamp',
  'maximumRetryAttempts',
  'maximumRecordAgeInSeconds',
  'bisectBatchOnFunctionError',
  'tumblingWindowInSeconds',
  'functionResponseTypes',
  'filterCriteria',
  'destinationConfig',
] as const satisfies readonly (keyof LambdaMapping)[]

export const lambdaMappingNames: readonly string[] = names

/** Properties of a template that the app itself answers: which function, which stream. */
const answeredByApp = ['FunctionName', 'EventSourceArn', 'Stream']
/** AWS gives five, ten on request. */
const filtersMax = 10

type Given = { readonly [name in keyof LambdaMapping]?: unknown }

/** `what` names the mapping in messages. `template` is what was written under `mapping`. */
export function lambdaMapping(
  what: string,
  options: Given,
  {
    template,
    references,
    defaults,
  }: {
    readonly template: unknown
    readonly references: MappingReferences
    readonly defaults: MappingSettings
  },
): MappingSettings {
  const given = template === undefined ? options : { ...options, ...fromTemplate(what, template, options) }
  const integer = (name: keyof LambdaMapping, min: number, max: number, standard: number): number =>
    checkInteger(`${name} of ${what}`, given[name], { min, max, default: standard })
  /** -1 stands for no end. */
  const endless = (name: keyof LambdaMapping, min: number, max: number, standard: number): number => {
    if (given[name] === undefined) return standard
    return given[name] === -1 ? Number.POSITIVE_INFINITY : integer(name, min, max, -1)
  }
  return {
    ...defaults,
    batchSize: integer('batchSize', 1, 10_000, defaults.batchSize),
    batchingWindowMs: 1000 * integer('maximumBatchingWindowInSeconds', 0, 300, 0),
    parallelization: integer('parallelizationFactor', 1, 10, 1),
    startingPosition: startingPosition(what, given.startingPosition, given.startingPositionTimestamp),
    maxRetries: endless('maximumRetryAttempts', 0, 10_000, defaults.maxRetries),
    maxRecordAgeMs: 1000 * endless('maximumRecordAgeInSeconds', 60, 604_800, defaults.maxRecordAgeMs / 1000),
    bisect: flag(what, given.bisectBatchOnFunctionError),
    tumblingWindowMs: 1000 * integer('tumblingWindowInSeconds', 0, 900, 0),
    reportItemFailures: responseTypes(what, given.functionResponseTypes),
    filters: filters(what, given.filterCriteria),
    onFailure: destination(what, given.destinationConfig, references),
  }
}

/** The template's properties by the names of this module. */
function fromTemplate(what: string, template: unknown, options: Given): Given {
  const properties = names.map(pascal)
  const place = `mapping of ${what}`
  checkSettings(place, template, [...properties, ...answeredByApp, 'Enabled'])
  const found: Record<string, unknown> = {}
  // Sound: checkSettings lets only objects pass.
  for (const [property, value] of Object.entries(template as object)) {
    if (answeredByApp.includes(property)) continue
    if (property === 'Enabled') {
      if (value === true) continue
      throw invalidValue(
        `Enabled of ${place}`,
        value,
        'true; a mapping that is not to run is left out of the app',
      )
    }
    const name = `${property.charAt(0).toLowerCase()}${property.slice(1)}`
    if (name in options && options[name as keyof Given] !== undefined) {
      throw new MillraceError(
        'APP_VALUE_INVALID',
        `${what} has both ${name} and ${property} under mapping.`,
        {
          ...here(),
          next: 'Give one of them.',
        },
      )
    }
    found[name] = value
  }
  return found
}

function startingPosition(what: string, value: unknown, timestamp: unknown): StartingPosition {
  const place = `startingPositionTimestamp of ${what}`
  if (value === 'AT_TIMESTAMP') {
    const atMs = timestamp instanceof Date ? timestamp.getTime() : Number(timestamp) * 1000
    if (timestamp !== undefined && Number.isFinite(atMs)) return { atMs }
    throw invalidValue(place, timestamp, 'seconds since the epoch, or a Date')
  }
  if (timestamp !== undefined)
    throw invalidValue(place, timestamp, "nothing, unless startingPosition is 'AT_TIMESTAMP'")
  if (value === undefined) return 'TRIM_HORIZON'
  if (value === 'TRIM_HORIZON' || value === 'LATEST') return value
  throw invalidValue(`startingPosition of ${what}`, value, `'TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'`)
}

function flag(what: string, value: unknown = false): boolean {
  if (typeof value === 'boolean') return value
  throw invalidValue(`bisectBatchOnFunctionError of ${what}`, value, 'true or false')
}

function responseTypes(what: string, value: unknown = []): boolean {
  if (Array.isArray(value) && value.every((type) => type === 'ReportBatchItemFailures'))
    return value.length > 0
  throw invalidValue(`functionResponseTypes of ${what}`, value, "[] or ['ReportBatchItemFailures']")
}

function filters(what: string, value: unknown): readonly string[] {
  if (value === undefined) return []
  const place = `filterCriteria of ${what}`
  const list = property(place, value, 'filters')
  if (!Array.isArray(list) || list.length > filtersMax) {
    throw invalidValue(
      place,
      list,
      `an object with up to ${filtersMax} filters: { filters: [{ pattern: ... }] }`,
    )
  }
  return list.map((filter, index) => {
    const pattern = property(`filter ${index + 1} of ${what}`, filter, 'pattern')
    if (typeof pattern === 'string') return pattern
    if (typeof pattern === 'object' && pattern !== null) return JSON.stringify(pattern)
    throw invalidValue(
      `pattern of filter ${index + 1} of ${what}`,
      pattern,
      'an object, or the JSON text of one',
    )
  })
}

function destination(
  what: string,
  value: unknown,
  references: MappingReferences,
): FailureDestination | undefined {
  if (value === undefined) return undefined
  const place = `destinationConfig of ${what}`
  const target = property(place, property(place, value, 'onFailure'), 'destination')
  const folder =
    isObject(target) && !references.isHandle(target) ? property(place, target, 'folder') : undefined
  if (folder !== undefined) return { kind: 'folder', path: references.path(`folder of ${place}`, folder) }
  if (typeof target !== 'string') return { kind: 'stream', stream: references.streamName(place, target) }
  const name = /^arn:[^:]*:[^:]*:[^:]*:[^:]*:(?:.*[:/])?([^:/]+)$/.exec(target)?.[1]
  if (name !== undefined && references.hasStream(name)) return { kind: 'stream', stream: name }
  throw new MillraceError('APP_VALUE_INVALID', `destination in ${place} is ${quoted(target)}.`, {
    ...here(),
    next:
      name === undefined
        ? 'Give a stream of the app, { folder: ... }, or an ARN.'
        : `Declare app.stream("${name}") to take its reports, or give { folder: ... }.`,
  })
}

/** The only property of an object, in camelCase or PascalCase. */
function property(place: string, value: unknown, name: string): unknown {
  const known = [name, pascal(name)]
  if (!isObject(value)) throw invalidValue(place, value, `an object with ${name}`)
  const wrong = Object.keys(value).find((key) => !known.includes(key))
  if (wrong !== undefined) {
    throw new MillraceError('APP_SETTING_UNKNOWN', `${place} has no setting "${wrong}".`, {
      ...here(),
      next: `${didYouMean(wrong, known)}Allowed: ${known.join(' or ')}.`,
    })
  }
  return value[name] ?? value[pascal(name)]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function pascal(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`
}
