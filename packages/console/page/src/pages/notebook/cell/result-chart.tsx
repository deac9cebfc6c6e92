/** A result as a chart, with the choice of its columns. The choice is the cell's and is saved with it. */
import { useMemo } from 'react'
import type { ResultView } from '../../../../../src/protocol/notebook.ts'
import { Chart } from '../../../kit/chart.tsx'
import { SelectField } from '../../../kit/controls.tsx'
import type { CellResult } from '../model/cell-results.ts'
import { chartColumns, shapeChart } from '../model/chart-shape.ts'

export interface ChartChoiceProps {
  readonly label: string
  readonly result: CellResult
  readonly view: ResultView
  readonly onView: (view: ResultView) => void
}

export function ResultChart({ label, result, view }: ChartChoiceProps) {
  const { columns, rows, progress } = result
  const shape = useMemo(() => {
    const chosen = chartColumns(columns, view)
    return chosen === undefined ? undefined : shapeChart(columns, rows, chosen)
  }, [columns, rows, view])
  if (view.kind === 'table') return null
  if (shape === undefined)
    return (
      <p className="result-note">
        This result has no column of numbers to draw. Add one to the query, for example COUNT(*), or look at
        it as a table.
      </p>
    )
  return (
    <>
      <Chart
        label={label}
        kind={view.kind}
        x={shape.x}
        xKind={shape.xKind}
        categories={shape.categories}
        series={shape.series}
        height={260}
        empty={progress?.waiting ?? 'No rows yet.'}
      />
      {shape.leftOut === undefined ? null : <p className="result-note">{shape.leftOut}</p>}
    </>
  )
}

/** Which columns are x, y and series. */
export function ChartChoice({ result: { columns }, view, onView }: Omit<ChartChoiceProps, 'label'>) {
  const chosen = chartColumns(columns, view)
  if (view.kind === 'table' || chosen === undefined) return null
  const { x, y, series } = chosen
  const numbers = columns.filter(({ isNumber, name }) => isNumber && name !== x)
  const names = columns.filter(({ isNumber, isTime, name }) => !isNumber && !isTime && name !== x)
  const toggle = (name: string) => {
    const next = y.includes(name) ? y.filter((one) => one !== name) : [...y, name]
    // A chart of nothing is none: the last one stays.
    if (next.length > 0) onView({ ...view, y: next })
  }
  return (
    <div className="chart-choice">
      <SelectField
        label="X"
        value={x}
        options={columns.map(({ name }) => [name, name] as const)}
        onChange={({ currentTarget }) => {
          const { y: _none, ...rest } = view
          onView({ ...rest, x: currentTarget.value, ...(y.includes(currentTarget.value) ? {} : { y }) })
        }}
      />
      <fieldset className="field">
        <legend className="label">Y</legend>
        <span className="toggles">
          {numbers.map(({ name }) => (
            <button key={name} type="button" aria-pressed={y.includes(name)} onClick={() => toggle(name)}>
              {name}
            </button>
          ))}
        </span>
      </fieldset>
      {names.length === 0 ? null : (
        <SelectField
          label="Series"
          value={series ?? ''}
          options={[['', 'none'], ...names.map(({ name }) => [name, name] as const)]}
          onChange={({ currentTarget }) => onView({ ...view, series: currentTarget.value })}
        />
      )}
    </div>
  )
}
