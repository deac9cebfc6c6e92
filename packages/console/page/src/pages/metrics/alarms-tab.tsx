/** Alarms: rules with their states, the chart of the one that is open with its threshold, changes of state. */
import { useMemo } from 'react'
import type {
  AlarmAnswer,
  AlarmPointsAnswer,
  AlarmState,
  AlarmsAnswer,
} from '../../../../src/protocol/metrics.ts'
import { type ApiState, useApi } from '../../api/use-api.ts'
import { Chart } from '../../kit/chart.tsx'
import { Badge, ErrorNote, type Tone } from '../../kit/controls.tsx'
import { CopyButton } from '../../kit/copy.tsx'
import { Grid } from '../../kit/grid.tsx'
import { durationText } from '../../kit/numbers.ts'
import { Empty, Panel } from '../../kit/page.tsx'
import { useNow } from '../../kit/use-now.ts'
import { sentence } from './metric-chart.tsx'
import { goTo, type MetricPlace } from './metric-place.ts'
import { useRefresh } from './use-refresh.ts'
import { textOfUnit } from './value-text.ts'
import { wholeMinutes } from './whole-minutes.ts'

const states: Readonly<Record<AlarmState, readonly [tone: Tone, text: string]>> = {
  OK: ['ok', 'OK'],
  ALARM: ['bad', 'ALARM'],
  INSUFFICIENT_DATA: ['plain', 'INSUFFICIENT_DATA'],
}

const order: readonly AlarmState[] = ['ALARM', 'INSUFFICIENT_DATA', 'OK']

const exampleFile = JSON.stringify(
  {
    alarms: [
      {
        name: 'functions-are-late',
        metric: 'IteratorAge',
        statistic: 'Maximum',
        comparison: '>',
        threshold: 60_000,
        forMinutes: 3,
      },
      {
        name: 'functions-fail',
        metric: 'Errors',
        statistic: 'Sum',
        comparison: '>',
        threshold: 0,
        forMinutes: 1,
      },
    ],
  },
  undefined,
  2,
)
const exampleCommand = 'millrace run APP --alarms alarms.json'

const columns = [
  { name: 'state', title: 'State', width: 160 },
  { name: 'name', title: 'Alarm', width: '1.2fr' },
  { name: 'condition', title: 'Condition', width: '2fr' },
  { name: 'of', title: 'Of', width: '1fr' },
  { name: 'since', title: 'Since', width: 150 },
] as const

export function AlarmsTab({
  place,
  minutes,
  answer: { data, error },
}: {
  readonly place: MetricPlace
  readonly minutes: number
  readonly answer: Pick<ApiState<AlarmsAnswer>, 'data' | 'error'>
}) {
  const now = useNow(10_000)
  if (data === undefined) return <ErrorNote error={error} />
  if (!data.isWatching || data.alarms.length === 0) return <NoAlarms isWatching={data.isWatching} />
  // What needs somebody comes first; the order of the file otherwise.
  const alarms = order.flatMap((state) => data.alarms.filter((alarm) => alarm.state === state))
  const open = alarms.find(({ name }) => name === place.alarm) ?? alarms[0]
  return (
    <>
      <ErrorNote error={error} />
      <Grid
        label="Alarms"
        columns={columns}
        rows={alarms}
        rowKey={({ name }) => name}
        cell={(alarm, column) => alarmCell(alarm, column, now)}
        selected={open?.name}
        onOpen={({ name }) => goTo(place, { alarm: name })}
      />
      {open === undefined ? null : <AlarmChart key={open.name} alarm={open} minutes={minutes} />}
      <Panel title="Changes of state" flush>
        {data.events.length === 0 ? (
          <Empty>No alarm has changed its state since the process started.</Empty>
        ) : (
          <ol className="alarm-events">
            {data.events.map(({ at, alarm, to, text }) => (
              <li key={`${alarm} ${at}`}>
                <time className="muted" dateTime={new Date(at).toISOString()}>
                  {timeText(at)}
                </time>
                <StateBadge state={to} />
                <span>{text.replace(/^\S+ /, '')}</span>
              </li>
            ))}
          </ol>
        )}
      </Panel>
      <p className="muted">
        Rules come from the file of <code>--alarms</code>; states are decided when a minute is over. A change
        of the file counts from the next start.
      </p>
    </>
  )
}

function AlarmChart({ alarm, minutes }: { readonly alarm: AlarmAnswer; readonly minutes: number }) {
  const { data, error, reload } = useApi<AlarmPointsAnswer>('/admin/metrics/alarm-points', {
    alarm: alarm.name,
    minutes,
  })
  useRefresh(reload)
  const { times, series } = useMemo(() => {
    const name = `${alarm.metric}, ${alarm.statistic}`
    const seen = { times: data?.times ?? [], series: [{ name, values: data?.values ?? [] }] }
    const whole = wholeMinutes(seen)
    const threshold = { name: 'threshold', values: whole.times.map(() => alarm.threshold) }
    return { times: whole.times, series: [...whole.series, threshold] }
  }, [data, alarm.metric, alarm.statistic, alarm.threshold])
  const label = `${alarm.name}: ${alarm.statistic} of ${alarm.metric} with its threshold`
  return (
    <Panel flush title={alarm.name} actions={<StateBadge state={alarm.state} />}>
      <p className="metric-about muted">
        {sentence(alarm.definition)} The alarm is on while the {alarm.statistic} {conditionText(alarm)}.
        {alarm.hasWebhook ? ' Changes are sent to its webhook.' : ''}
      </p>
      <ErrorNote error={error} />
      <Chart
        label={label}
        kind="line"
        x={times}
        xKind="time"
        series={series}
        height={240}
        format={textOfUnit(alarm.statistic === 'SampleCount' ? 'Count' : alarm.unit)}
        empty="Nothing was observed in this time."
      />
    </Panel>
  )
}

function NoAlarms({ isWatching }: { readonly isWatching: boolean }) {
  return (
    <Panel title={isWatching ? 'The file of alarms has no rules' : 'No alarms are watched'}>
      <p>
        Rules stand in a JSON file that is read when Millrace starts. A rule names a metric, a statistic and a
        threshold; without a stream or function it is about all of them. Save this as <code>alarms.json</code>
        :
      </p>
      <pre className="alarm-example">{exampleFile}</pre>
      <CopyButton text={exampleFile} label="Copy the file" />
      <p className="alarm-next">Then start with it:</p>
      <div className="alarm-command">
        <code>{exampleCommand}</code>
        <CopyButton text={exampleCommand} label="Copy" look="plain" />
      </div>
      <p className="muted">
        Each chart of the other tab has a rule of its own to copy. Changes are printed, shown here, and sent
        to a rule's <code>webhook</code>.
      </p>
    </Panel>
  )
}

function StateBadge({ state }: { readonly state: AlarmState }) {
  const [tone, text] = states[state]
  return <Badge tone={tone}>{text}</Badge>
}

function alarmCell(alarm: AlarmAnswer, column: string, now: number) {
  switch (column) {
    case 'state':
      return <StateBadge state={alarm.state} />
    case 'name':
      return alarm.name
    case 'condition':
      return `${alarm.statistic} of ${alarm.metric} ${conditionText(alarm)}`
    case 'of':
      return Object.values(alarm.dimensions).join(' ') || 'all together'
    default:
      return `${timeText(alarm.since)} UTC, ${durationText(Math.max(0, now - alarm.since))}`
  }
}

function conditionText({ comparison, threshold, unit, statistic, forMinutes }: AlarmAnswer): string {
  const text = textOfUnit(statistic === 'SampleCount' ? 'Count' : unit)(threshold)
  return `${comparison} ${text} for ${forMinutes === 1 ? '1 minute' : `${forMinutes} minutes`}`
}

/** Hours and minutes, in UTC as the charts. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16)
}
