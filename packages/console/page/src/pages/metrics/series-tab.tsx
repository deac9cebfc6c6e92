/** Series and their charts. */
import { useCallback, useMemo } from 'react'
import { type MetricListAnswer, type PointsAnswer, seriesAskedMax } from '../../../../src/protocol/metrics.ts'
import { useApi } from '../../api/use-api.ts'
import { Button, ErrorNote, Note } from '../../kit/controls.tsx'
import { Empty } from '../../kit/page.tsx'
import { MetricChart } from './metric-chart.tsx'
import { groupByChart } from './metric-groups.ts'
import { MetricList } from './metric-list.tsx'
import { goTo, type MetricPlace } from './metric-place.ts'
import { overviewIds } from './overview.ts'
import { useRefresh } from './use-refresh.ts'

export function SeriesTab({
  place,
  minutes,
  list,
}: {
  readonly place: MetricPlace
  readonly minutes: number
  readonly list: MetricListAnswer | undefined
}) {
  const { chosen, statistic, filter } = place
  const overview = useMemo(() => overviewIds(list?.series ?? []), [list])
  const ids = chosen.length > 0 ? chosen : overview
  const points = useApi<PointsAnswer>(
    ids.length === 0 ? undefined : `/admin/metrics/points?${pointsQuery(ids, minutes, statistic)}`,
  )
  useRefresh(points.reload)
  const charts = useMemo(() => groupByChart(points.data?.series ?? []), [points.data])
  const times = points.data?.times ?? []
  const chosenSet = useMemo(() => new Set(chosen), [chosen])
  const choose = useCallback(
    (id: string, isChosen: boolean) => {
      const rest = place.chosen.filter((one) => one !== id)
      goTo(place, { chosen: isChosen ? [...rest, id].slice(-seriesAskedMax) : rest })
    },
    [place],
  )
  const gone = points.data === undefined ? 0 : chosen.length - points.data.series.length
  return (
    <div className="metrics">
      <MetricList answer={list} filter={filter} chosen={chosenSet} onChoose={choose} />
      <div className="metric-charts-side">
        <div className="metric-state">
          {chosen.length === 0 ? (
            <span className="muted">
              The first questions, over all that flows. Check series to compare them.
            </span>
          ) : (
            <>
              <span>{chosen.length === 1 ? '1 series' : `${chosen.length} series`}</span>
              <Button look="plain" onClick={() => goTo(place, { chosen: [] })}>
                Clear
              </Button>
            </>
          )}
        </div>
        <ErrorNote error={points.error} />
        {gone > 0 && chosen.length > 0 && points.loading === false ? (
          <Note>{gone === 1 ? '1 series is' : `${gone} series are`} not there any more, or not yet.</Note>
        ) : null}
        {charts.length === 0 && list !== undefined && ids.length === 0 ? (
          <Empty next={<code>curl -s {location.origin}/metrics.json</code>}>
            Nothing has been measured yet. What is here can be asked by programs too:
          </Empty>
        ) : null}
        <div className={charts.length === 1 ? 'metric-charts one' : 'metric-charts'}>
          {charts.map((group) => (
            <MetricChart
              key={group.key}
              group={group}
              times={times}
              height={charts.length === 1 ? 420 : 150}
              {...(charts.length === 1
                ? {}
                : { onOnly: () => goTo(place, { chosen: group.lines.map(({ series }) => series.id) }) })}
            />
          ))}
        </div>
      </div>
    </div>
  )
}

function pointsQuery(ids: readonly string[], minutes: number, statistic: string | undefined): string {
  const query = new URLSearchParams({ minutes: String(minutes) })
  if (statistic !== undefined) query.set('statistic', statistic)
  for (const id of ids) query.append('series', id)
  return query.toString()
}
