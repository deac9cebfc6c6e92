/** One chart of metrics: its sentence, its lines, an alarm rule to copy. */
import { useMemo } from 'react'
import type { Statistic } from '../../../../src/protocol/metrics.ts'
import { Chart } from '../../kit/chart.tsx'
import { CopyButton } from '../../kit/copy.tsx'
import { Panel } from '../../kit/page.tsx'
import { alarmRuleText } from './alarm-rule-text.ts'
import type { ChartGroup } from './metric-groups.ts'
import { textOfUnit } from './value-text.ts'
import { wholeMinutes } from './whole-minutes.ts'

/** More of them would hide each other. */
const areasMax = 3

export function MetricChart({
  group,
  times,
  height,
  onOnly,
}: {
  readonly group: ChartGroup
  readonly times: readonly number[]
  readonly height: number
  /** Shows this chart alone; undefined where it is. */
  readonly onOnly?: () => void
}) {
  const { title, about, unit, lines } = group
  const { times: shownTimes, series } = useMemo(() => {
    const all = { times, series: lines.map(({ name, series: { values } }) => ({ name, values })) }
    return lines.some(({ series: { statistic } }) => isSum(statistic)) ? wholeMinutes(all) : all
  }, [times, lines])
  const rule = alarmRuleText(lines.map((line) => line.series))
  return (
    <Panel
      flush
      title={
        onOnly === undefined ? (
          title
        ) : (
          <button type="button" className="metric-title" title="Show this chart alone" onClick={onOnly}>
            {title}
          </button>
        )
      }
      actions={
        rule === undefined ? undefined : <CopyButton text={rule} label="Copy alarm rule" look="plain" />
      }
    >
      <p className="metric-about muted">{about === undefined ? 'Sent by a client.' : `${sentence(about)}`}</p>
      <Chart
        label={title}
        kind={lines.length > areasMax ? 'line' : 'area'}
        x={shownTimes}
        xKind="time"
        series={series}
        height={height}
        format={textOfUnit(unit)}
        empty="Nothing was observed in this time."
      />
    </Panel>
  )
}

export function sentence(part: string): string {
  return `${part.charAt(0).toUpperCase()}${part.slice(1)}.`
}

function isSum(statistic: Statistic): boolean {
  return statistic === 'Sum' || statistic === 'SampleCount'
}
