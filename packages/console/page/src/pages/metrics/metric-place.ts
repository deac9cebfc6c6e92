/** What the address of the page says: the tab, the series that are compared, how they are shown. */
import { type Statistic, seriesAskedMax, statistics } from '../../../../src/protocol/metrics.ts'
import { go, hrefOf } from '../../kit/router.ts'

export interface MetricPlace {
  readonly tab: 'series' | 'alarms'
  /** Ids of series. */
  readonly chosen: readonly string[]
  /** Undefined: that which answers each metric's question. */
  readonly statistic: Statistic | undefined
  readonly minutes: number
  readonly filter: string
  /** The alarm that is open. */
  readonly alarm: string | undefined
}

export const minutesDefault = 60

export function readPlace(query: URLSearchParams): MetricPlace {
  const minutes = Number(query.get('minutes'))
  return {
    tab: query.get('tab') === 'alarms' ? 'alarms' : 'series',
    chosen: query.getAll('series').slice(0, seriesAskedMax),
    statistic: statistics.find((one) => one === query.get('statistic')),
    minutes: Number.isInteger(minutes) && minutes > 0 ? minutes : minutesDefault,
    filter: query.get('filter') ?? '',
    alarm: query.get('alarm') ?? undefined,
  }
}

export function placeHref({ tab, chosen, statistic, minutes, filter, alarm }: MetricPlace): string {
  const base = hrefOf(['metrics'], {
    tab: tab === 'series' ? undefined : tab,
    statistic,
    minutes: minutes === minutesDefault ? undefined : String(minutes),
    filter: filter === '' ? undefined : filter,
    alarm,
  })
  const series = new URLSearchParams(chosen.map((id) => ['series', id])).toString()
  return series === '' ? base : `${base}${base.includes('?') ? '&' : '?'}${series}`
}

export function goTo(place: MetricPlace, change: Partial<MetricPlace>): void {
  // What is typed leaves no trail of its own.
  go(placeHref({ ...place, ...change }), { replace: 'filter' in change })
}
