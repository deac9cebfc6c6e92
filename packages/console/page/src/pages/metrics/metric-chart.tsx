/** One chart of metrics: its sentence, its lines, an alarm rule to copy. */
import { useMemo } from 'react'
import type { PointSeries } from '../../../../src/protocol/metrics.ts'
import { Chart } from '../../kit/chart.tsx'
import { CopyButton } from '../../kit/copy.tsx'
import { Panel } from '../../kit/page.tsx'
import { alarmRuleText } from './alarm-rule-text.ts'
import type { ChartGroup } from './metric-groups.ts'
import { textOfUnit } from './value-text.ts'

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
  const series = useMemo(
    () => lines.map(({ name, series: of }) => ({ name, values: wholeMinutes(of) })),
    [lines],
  )
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
        x={times}
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

/** A sum of a minute that still runs looks like a fall; it is shown when there is nothing else yet. */
function wholeMinutes({ statistic, values }: PointSeries): readonly (number | null)[] {
  const isSum = statistic === 'Sum' || statistic === 'SampleCount'
  const whole = values.slice(0, -1)
  return isSum && whole.some((value) => value !== null) ? [...whole, null] : values
}
