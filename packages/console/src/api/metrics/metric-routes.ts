/**
 * Metrics under AWS's names and alarms over HTTP, for the console. docs/console-api.md describes each page; /metrics.json has all
 * statistics for programs.
 */
import {
  AdminProblem,
  type AdminRequest,
  adminRoute,
  type Routes,
  type StoreGateway,
} from '@millrace/gateway'
import { didYouMean } from '@millrace/values'
import type { ConsoleOptions } from '../../console-options.ts'
import {
  type MetricListAnswer,
  type PointsAnswer,
  type Statistic,
  seriesAskedMax,
  statistics,
} from '../../protocol/metrics.ts'
import { alarmPoints, alarmsAnswer } from './alarm-answers.ts'
import { findSeries, listSeries } from './series-list.ts'
import { minuteRange, pointsOf, timesOf } from './series-points.ts'

export const metricPath = '/admin/metrics'

const action = 'millrace:ReadMetrics'
const minutesDefault = 60
const filterMax = 200

export function metricRoutes({ gateway, clock }: Pick<ConsoleOptions, 'gateway' | 'clock'>): Routes {
  const mustGateway = (): StoreGateway => {
    const opened = gateway()
    if (opened !== undefined) return opened
    throw new AdminProblem('STARTING', 'Millrace is starting. Ask again in a moment.', 503)
  }
  const list = ({ query }: AdminRequest): MetricListAnswer => {
    const { registry } = mustGateway()
    const filter = query.get('filter') ?? ''
    if (filter.length > filterMax)
      throw new AdminProblem('VALUE_INVALID', `"filter" has to have at most ${filterMax} letters.`)
    return {
      now: clock.now(),
      minutesKept: registry.minutesKept,
      startedAt: registry.startedAt,
      ...listSeries(registry, filter),
      kept: registry.own.size + registry.clients.size,
      keptMax: registry.own.seriesMax + registry.clients.seriesMax,
    }
  }
  const points = ({ query }: AdminRequest): PointsAnswer => {
    const { registry } = mustGateway()
    const ids = query.getAll('series')
    if (ids.length === 0 || ids.length > seriesAskedMax) {
      throw new AdminProblem(
        'VALUE_INVALID',
        `"series" has to be given 1 to ${seriesAskedMax} times. GET ${metricPath} lists the ids.`,
      )
    }
    const statistic = statisticOf(query.get('statistic'))
    const range = minuteRange(registry, minutesOf(query.get('minutes'), registry.minutesKept))
    return {
      times: timesOf(range),
      series: findSeries(registry, ids).map((series) => pointsOf(registry, series, { range, statistic })),
    }
  }
  const alarm = ({ query }: AdminRequest) => {
    const { registry, alarms } = mustGateway()
    const name = query.get('alarm') ?? ''
    const views = alarms?.views() ?? []
    const view = views.find((one) => one.name === name)
    if (view === undefined) {
      const names = views.map((one) => one.name)
      throw new AdminProblem(
        'ALARM_UNKNOWN',
        `There is no alarm ${JSON.stringify(name)}. ${didYouMean(name, names)}GET ${metricPath}/alarms lists those that there are.`,
        404,
      )
    }
    return alarmPoints(registry, view, minutesOf(query.get('minutes'), registry.minutesKept))
  }
  return new Map([
    [metricPath, adminRoute(action, list)],
    [`${metricPath}/points`, adminRoute(action, points)],
    [`${metricPath}/alarms`, adminRoute(action, () => alarmsAnswer(mustGateway().alarms))],
    [`${metricPath}/alarm-points`, adminRoute(action, alarm)],
  ])
}

/** Undefined: that which answers each metric's question. */
function statisticOf(text: string | null): Statistic | undefined {
  if (text === null) return undefined
  const statistic = statistics.find((one) => one === text)
  if (statistic !== undefined) return statistic
  throw new AdminProblem('VALUE_INVALID', `"statistic" has to be one of ${statistics.join(', ')}.`)
}

function minutesOf(text: string | null, minutesKept: number): number {
  const minutes = text === null ? Math.min(minutesDefault, minutesKept) : Number(text)
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= minutesKept) return minutes
  throw new AdminProblem('VALUE_INVALID', `"minutes" has to be a whole number from 1 to ${minutesKept}.`)
}
