/**
 * What the page and the API say to each other about metrics (/admin/metrics...). Times are ms since the epoch; a point is of a whole
 * minute and stands at its beginning.
 */

export const statistics = ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'] as const
export type Statistic = (typeof statistics)[number]

/** What an observation is: an amount that adds up, 1 or 0 for a call that went well or not, a time, a state. */
export type MetricKind = 'sum' | 'success' | 'duration' | 'level'

/** What a series is about; `client`: what a client says by PutMetricData. */
export type SeriesLevel =
  | 'stream'
  | 'shard'
  | 'consumer'
  | 'function'
  | 'table'
  | 'operation'
  | 'delivery'
  | 'task'
  | 'client'

/** GET /admin/metrics?filter= */
export interface MetricListAnswer {
  readonly now: number
  /** How far back minutes are kept. */
  readonly minutesKept: number
  /** When the process began to count. */
  readonly startedAt: number
  /** Those that match, in order of namespace, thing and metric. */
  readonly series: readonly MetricSeries[]
  /** There are more that match than are listed. */
  readonly more: boolean
  /** All that are kept, and how many may be. */
  readonly kept: number
  readonly keptMax: number
}

export interface MetricSeries {
  /** `AWS/Lambda Duration FunctionName=save`: see seriesId. */
  readonly id: string
  readonly namespace: string
  readonly metric: string
  /** By AWS's names, in order. */
  readonly dimensions: readonly (readonly [name: string, value: string])[]
  readonly unit: string
  readonly level: SeriesLevel
  /** Undefined for metrics of clients. */
  readonly kind?: MetricKind
  /** A sentence part: what it counts. */
  readonly definition?: string
  /** Its last whole minute with observations, else the running one, by the statistic that answers its question. */
  readonly last?: { readonly at: number; readonly value: number }
}

/** GET /admin/metrics/points?series=ID&series=ID&statistic=&minutes= */
export interface PointsAnswer {
  /** Beginnings of minutes, each of the range, oldest first; the last one is the running minute, which still grows. */
  readonly times: readonly number[]
  /** In the order they were asked for; those that are not there any more are left out. */
  readonly series: readonly PointSeries[]
}

export interface PointSeries extends MetricSeries {
  readonly statistic: Statistic
  /** One for each time; null: nothing was observed. */
  readonly values: readonly (number | null)[]
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

/** GET /admin/metrics/alarms */
export interface AlarmsAnswer {
  /** Whether the process was started with rules (--alarms FILE). */
  readonly isWatching: boolean
  readonly alarms: readonly AlarmAnswer[]
  /** Changes of state, newest first; a bounded number is kept. */
  readonly events: readonly AlarmChange[]
}

export interface AlarmAnswer {
  readonly name: string
  readonly state: AlarmState
  readonly since: number
  readonly metric: string
  readonly unit: string
  readonly definition: string
  /** Series that it is about: those of the metric that have these dimensions. */
  readonly dimensions: Readonly<Record<string, string>>
  readonly level: SeriesLevel
  readonly statistic: Statistic
  readonly comparison: '>' | '>=' | '<' | '<='
  readonly threshold: number
  readonly forMinutes: number
  readonly missing: 'notBreaching' | 'breaching' | 'ignore'
  readonly hasWebhook: boolean
}

export interface AlarmChange {
  readonly at: number
  readonly alarm: string
  readonly from: AlarmState
  readonly to: AlarmState
  /** One line: the condition, the last value, where. */
  readonly text: string
}

/** GET /admin/metrics/alarm-points?alarm=NAME&minutes=: what the rule looks at, over all of its series. */
export interface AlarmPointsAnswer {
  readonly alarm: AlarmAnswer
  readonly times: readonly number[]
  readonly values: readonly (number | null)[]
}

export const seriesAskedMax = 48

/** One text for a series, that can stand in an address: parts are percent-encoded where they would be mistaken. */
export function seriesId({
  namespace,
  metric,
  dimensions,
}: Pick<MetricSeries, 'namespace' | 'metric' | 'dimensions'>): string {
  const parts = dimensions.map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
  return [encoded(namespace), encoded(metric), ...parts].join(' ')
}

/** What makes an id ambiguous, and no more: ids are read by people, too. */
function encoded(text: string): string {
  return text.replace(/[%=\s]/g, (letter) => encodeURIComponent(letter))
}

/** The statistic that answers the question of a metric. Metrics of clients say nothing about themselves. */
export function usualStatistic(kind: MetricKind | undefined): Statistic {
  switch (kind) {
    case 'sum':
      return 'Sum'
    case 'level':
      return 'Maximum'
    default:
      return 'Average'
  }
}

/** The unit of a statistic of a metric: how many observations there were has none. */
export function unitOf({ unit, kind }: Pick<MetricSeries, 'unit' | 'kind'>, statistic: Statistic): string {
  if (statistic === 'SampleCount') return 'Count'
  return kind === 'success' && statistic !== 'Sum' ? 'Share' : unit
}
