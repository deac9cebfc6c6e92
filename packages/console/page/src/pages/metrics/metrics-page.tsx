/**
 * Metrics under AWS's names: at the left every series that there is, at the right the charts of those that are chosen, or of the
 * first questions where none are; alarms on a tab of their own. The address says what is shown.
 */
import { useCallback, useMemo } from 'react'
import { type AlarmsAnswer, type MetricListAnswer, statistics } from '../../../../src/protocol/metrics.ts'
import { useApi } from '../../api/use-api.ts'
import { ErrorNote, SelectField, Tabs } from '../../kit/controls.tsx'
import { FilterField } from '../../kit/filter-field.tsx'
import { Page } from '../../kit/page.tsx'
import type { PageProps } from '../../kit/page-props.ts'
import { AlarmsTab } from './alarms-tab.tsx'
import { goTo, readPlace } from './metric-place.ts'
import { SeriesTab } from './series-tab.tsx'
import { useRefresh } from './use-refresh.ts'
import './metrics.css'

const ranges = [
  [15, '15 minutes'],
  [60, '1 hour'],
  [180, '3 hours'],
] as const

export default function MetricsPage({ query }: PageProps) {
  const place = useMemo(() => readPlace(query), [query])
  const { tab, filter, statistic, minutes } = place
  const list = useApi<MetricListAnswer>('/admin/metrics', { filter: filter === '' ? undefined : filter })
  const alarms = useApi<AlarmsAnswer>('/admin/metrics/alarms')
  useRefresh(list.reload)
  useRefresh(alarms.reload)
  const ringing = alarms.data?.alarms.filter(({ state }) => state === 'ALARM').length ?? 0
  const kept = list.data?.minutesKept ?? 180
  const choose = useCallback(
    (name: string) => goTo(place, { tab: name === 'alarms' ? 'alarms' : 'series', alarm: undefined }),
    [place],
  )
  const choices: [string, string][] = ranges
    .filter(([length]) => length <= kept)
    .map(([length, text]) => [String(length), text])
  if (!choices.some(([length]) => length === String(kept)))
    choices.push([String(kept), `All kept (${Math.round(kept / 60)} hours)`])
  return (
    <Page
      title="Metrics"
      about={
        <Tabs
          label="Metrics and alarms"
          tabs={[
            ['series', 'Series'],
            ['alarms', ringing === 0 ? 'Alarms' : `Alarms (${ringing})`],
          ]}
          chosen={tab}
          onChoose={choose}
        />
      }
      actions={
        <>
          {tab === 'series' ? (
            <>
              <FilterField
                label="Filter series by metric, stream, function, delivery or table"
                placeholder="Filter series"
                value={filter}
                onChange={(value) => goTo(place, { filter: value })}
              />
              <SelectField
                label="Statistic"
                hideLabel
                value={statistic ?? ''}
                options={[['', 'Usual statistic'], ...statistics.map((one) => [one, one] as const)]}
                onChange={({ currentTarget: { value } }) =>
                  goTo(place, { statistic: statistics.find((one) => one === value) })
                }
              />
            </>
          ) : null}
          <SelectField
            label="Time range"
            hideLabel
            value={String(Math.min(minutes, kept))}
            options={choices}
            onChange={({ currentTarget: { value } }) => goTo(place, { minutes: Number(value) })}
          />
        </>
      }
    >
      <ErrorNote error={list.error} />
      {tab === 'alarms' ? (
        <AlarmsTab place={place} minutes={Math.min(minutes, kept)} answer={alarms} />
      ) : (
        <SeriesTab place={place} minutes={Math.min(minutes, kept)} list={list.data} />
      )}
    </Page>
  )
}
