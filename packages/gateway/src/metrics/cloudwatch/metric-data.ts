/**
 * The input of CloudWatch's PutMetricData, from the tree of any encoding: numbers are numbers, or digits in the query
 * protocol. Constraints are the service's own (API reference, PutMetricData and MetricDatum); the whole call is checked
 * before any of it counts. Timestamps are read over: metrics are filed by their arrival.
 */
import { WireError } from '../../wire/wire-error.ts'
import type { SeriesId } from '../series.ts'
import type { StatisticSet } from '../statistics.ts'

export interface MetricDatum {
  readonly id: SeriesId
  /** Undefined: a set of no observations, which some producers send. */
  readonly set: StatisticSet | undefined
}

const dataMax = 1_000
const dimensionsMax = 30
const valuesMax = 150
const nameLengthMax = 255
const dimensionValueLengthMax = 1_024

const units = new Set(
  'Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second Kilobits/Second Megabits/Second Gigabits/Second Terabits/Second Count/Second None'.split(
    ' ',
  ),
)

/** Throws a WireError: MissingRequiredParameterException, InvalidParameterValueException or -CombinationException. */
export function readMetricData(input: Tree): MetricDatum[] {
  const namespace = readName(input.Namespace, 'Namespace')
  if (namespace.startsWith('AWS/')) {
    throw invalid('Namespace', 'must not begin with AWS/, which is kept for the services')
  }
  const data = listOf(input.MetricData, 'MetricData').map((datum, i) =>
    readDatum(namespace, datum, `MetricData.member.${i + 1}`),
  )
  const entities = listOf(input.EntityMetricData, 'EntityMetricData')
  for (const [i, entity] of entities.entries()) {
    const place = `EntityMetricData.member.${i + 1}`
    const list = listOf(treeOf(entity, place).MetricData, `${place}.MetricData`)
    for (const [j, datum] of list.entries()) {
      data.push(readDatum(namespace, datum, `${place}.MetricData.member.${j + 1}`))
    }
  }
  if (data.length === 0) throw missing('MetricData')
  if (data.length > dataMax) throw invalid('MetricData', `must have at most ${dataMax} members`)
  return data
}

/** A structure of unknown members. */
export type Tree = Readonly<Record<string, unknown>>

function readDatum(namespace: string, item: unknown, place: string): MetricDatum {
  const datum = treeOf(item, place)
  const unit = datum.Unit === undefined || datum.Unit === null ? 'None' : datum.Unit
  if (typeof unit !== 'string' || !units.has(unit))
    throw invalid(`${place}.Unit`, 'must be a unit of CloudWatch')
  return {
    id: {
      namespace,
      metric: readName(datum.MetricName, `${place}.MetricName`),
      unit,
      dimensions: readDimensions(datum.Dimensions, `${place}.Dimensions`),
    },
    set: readSet(datum, place),
  }
}

function readDimensions(value: unknown, place: string): [string, string][] {
  const list = listOf(value, place)
  if (list.length > dimensionsMax) throw invalid(place, `must have at most ${dimensionsMax} members`)
  const dimensions = new Map<string, string>()
  for (const [i, item] of list.entries()) {
    const at = `${place}.member.${i + 1}`
    const dimension = treeOf(item, at)
    const name = readName(dimension.Name, `${at}.Name`)
    if (dimensions.has(name)) throw invalid(`${at}.Name`, 'must be different from the other names')
    dimensions.set(name, readText(dimension.Value, `${at}.Value`, dimensionValueLengthMax))
  }
  // The order in which a client lists them means nothing.
  return [...dimensions].sort(([a], [b]) => (a < b ? -1 : 1))
}

function readSet(datum: Tree, place: string): StatisticSet | undefined {
  const { Value: value, StatisticValues: statistics, Values: values } = datum
  const given = [value, statistics, values].filter((one) => one !== undefined && one !== null)
  if (given.length === 0) throw missing(`${place}.Value`)
  if (given.length > 1) {
    throw new WireError(
      'InvalidParameterCombinationException',
      `The parameters ${place}.Value, ${place}.Values and ${place}.StatisticValues are mutually exclusive.`,
    )
  }
  if (given[0] === value) {
    const number = readNumber(value, `${place}.Value`)
    return { sum: number, count: 1, min: number, max: number }
  }
  return given[0] === statistics
    ? readStatistics(statistics, `${place}.StatisticValues`)
    : readValues(values, datum.Counts, place)
}

function readStatistics(value: unknown, place: string): StatisticSet | undefined {
  const tree = treeOf(value, place)
  const count = readNumber(tree.SampleCount, `${place}.SampleCount`)
  if (count < 0) throw invalid(`${place}.SampleCount`, 'must not be below 0')
  const set = {
    sum: readNumber(tree.Sum, `${place}.Sum`),
    count,
    min: readNumber(tree.Minimum, `${place}.Minimum`),
    max: readNumber(tree.Maximum, `${place}.Maximum`),
  }
  return count === 0 ? undefined : set
}

/** Distinct values, and how often each was observed (once, if the counts are left out). */
function readValues(value: unknown, countsValue: unknown, place: string): StatisticSet | undefined {
  const values = listOf(value, `${place}.Values`)
  const counts = listOf(countsValue, `${place}.Counts`)
  if (values.length === 0) throw missing(`${place}.Values`)
  if (values.length > valuesMax) throw invalid(`${place}.Values`, `must have at most ${valuesMax} members`)
  if (counts.length > 0 && counts.length !== values.length) {
    throw invalid(`${place}.Counts`, 'must have as many members as Values')
  }
  let [sum, count, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const [i, item] of values.entries()) {
    const number = readNumber(item, `${place}.Values.member.${i + 1}`)
    const times = counts.length === 0 ? 1 : readNumber(counts[i], `${place}.Counts.member.${i + 1}`)
    if (times < 0) throw invalid(`${place}.Counts.member.${i + 1}`, 'must not be below 0')
    if (times === 0) continue
    sum += number * times
    count += times
    min = Math.min(min, number)
    max = Math.max(max, number)
  }
  return count === 0 ? undefined : { sum, count, min, max }
}

function readName(value: unknown, place: string): string {
  const name = readText(value, place, nameLengthMax)
  if (name.startsWith(':')) throw invalid(place, 'must not begin with a colon')
  return name
}

/** Without control characters: these names and values end up in terminals and keys. */
function readText(value: unknown, place: string, lengthMax: number): string {
  if (value === undefined || value === null) throw missing(place)
  if (typeof value !== 'string') throw invalid(place, 'must be a string')
  if (value.length === 0 || value.length > lengthMax) {
    throw invalid(place, `must have 1 to ${lengthMax} characters`)
  }
  if (/\p{Cc}/u.test(value)) throw invalid(place, 'must have no control characters')
  return value
}

function readNumber(value: unknown, place: string): number {
  if (value === undefined || value === null) throw missing(place)
  const isNumeral = typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)
  const number = typeof value === 'number' ? value : isNumeral ? Number(value) : Number.NaN
  if (!Number.isFinite(number)) throw invalid(place, 'must be a finite number')
  return number
}

function listOf(value: unknown, place: string): readonly unknown[] {
  if (value === undefined || value === null || value === '') return []
  if (Array.isArray(value)) return value
  throw invalid(place, 'must be a list')
}

function treeOf(value: unknown, place: string): Tree {
  const isTree =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Date)
  if (!isTree) throw invalid(place, 'must be a structure')
  // Of what the decoders of bodies make, only records with text as names are left.
  return value as Tree
}

function missing(place: string): WireError {
  return new WireError('MissingRequiredParameterException', `The parameter ${place} is required.`)
}

function invalid(place: string, rule: string): WireError {
  return new WireError('InvalidParameterValueException', `The parameter ${place} ${rule}.`)
}
