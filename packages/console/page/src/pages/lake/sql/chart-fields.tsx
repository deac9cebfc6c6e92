/** How a result is drawn: the kind of chart, and which columns are what. */
import type { ColumnShape, ResultView } from '../../../../../src/protocol/notebook.ts'
import { SelectField } from '../../../kit/controls.tsx'

const kinds = [
  ['table', 'Table'],
  ['line', 'Line'],
  ['area', 'Area'],
  ['bar', 'Bar'],
] as const

export function ChartFields({
  columns,
  view,
  onChange,
}: {
  readonly columns: readonly ColumnShape[]
  readonly view: ResultView
  readonly onChange: (view: ResultView) => void
}) {
  const { kind, x, y = [], series } = view
  const numbers = columns.filter(({ isNumber }) => isNumber)
  const optional = (name: string, chosen: string) => (chosen === '' ? {} : { [name]: chosen })
  const options = columns.map(({ name }) => [name, name] as const)
  return (
    <div className="chart-fields">
      <SelectField
        label="Shown as"
        options={kinds}
        value={kind}
        onChange={({ currentTarget: { value } }) => {
          const chosen = kinds.find(([each]) => each === value)?.[0]
          if (chosen !== undefined) onChange({ ...view, kind: chosen })
        }}
      />
      {kind === 'table' ? null : (
        <>
          <SelectField
            label="Along the x axis"
            options={options}
            value={x ?? ''}
            onChange={({ currentTarget: { value } }) =>
              onChange({ ...view, x: value, y: y.filter((name) => name !== value) })
            }
          />
          <fieldset className="checks">
            <legend>Values</legend>
            {numbers.length === 0 ? <span className="muted">no column is a number</span> : null}
            {numbers
              .filter(({ name }) => name !== x)
              .map(({ name }) => (
                <label key={name}>
                  <input
                    type="checkbox"
                    checked={y.includes(name)}
                    onChange={({ currentTarget: { checked } }) =>
                      onChange({ ...view, y: checked ? [...y, name] : y.filter((each) => each !== name) })
                    }
                  />
                  {name}
                </label>
              ))}
          </fieldset>
          <SelectField
            label="One series for each"
            options={[['', 'none'], ...options.filter(([name]) => name !== x && !y.includes(name))]}
            value={series ?? ''}
            onChange={({ currentTarget: { value } }) => {
              const { series: _before, ...rest } = view
              onChange({ ...rest, ...optional('series', value) })
            }}
          />
        </>
      )}
    </div>
  )
}
