/** Rows of a result as a chart, or why there is nothing to draw. */
import { useMemo } from 'react'
import { chartSeries } from '../../../../../src/protocol/chart-series.ts'
import type { QueryAnswer } from '../../../../../src/protocol/lake.ts'
import type { ResultView } from '../../../../../src/protocol/notebook.ts'
import { Chart } from '../../../kit/chart.tsx'
import { Empty } from '../../../kit/page.tsx'
import { ResultGrid } from './result-grid.tsx'

export function ResultChart({
  label,
  answer,
  view,
  height,
}: {
  readonly label: string
  readonly answer: Pick<QueryAnswer, 'columns' | 'rows'>
  readonly view: ResultView
  readonly height?: number
}) {
  const { columns, rows } = answer
  const drawn = useMemo(
    () => (view.kind === 'table' ? undefined : chartSeries(columns, rows, view)),
    [columns, rows, view],
  )
  if (drawn === undefined || view.kind === 'table')
    return (
      <ResultGrid label={label} answer={answer} {...(height === undefined ? {} : { height: height + 28 })} />
    )
  if ('problem' in drawn) return <Empty>{drawn.problem}</Empty>
  const { xKind, x, categories, series, note } = drawn
  return (
    <>
      <Chart
        label={label}
        kind={view.kind}
        xKind={xKind}
        x={x}
        series={series}
        empty="The result has no rows."
        {...(categories === undefined ? {} : { categories })}
        {...(height === undefined ? {} : { height })}
      />
      {note === undefined ? null : <p className="muted chart-note">{note}</p>}
    </>
  )
}
