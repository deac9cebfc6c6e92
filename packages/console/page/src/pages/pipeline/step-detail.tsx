/** One step of a plan in full. */
import type { PlanStep } from '../../../../src/protocol/pipeline.ts'

export function StepDetail({
  step,
  tables,
}: {
  readonly step: PlanStep
  readonly tables: readonly PlanStep[]
}) {
  return (
    <div className="step-detail">
      <p>{step.text}</p>
      {step.details.length === 0 ? null : (
        <ul>
          {step.details.map((detail) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      )}
      {step.keeps === undefined ? null : (
        <p>
          <span className="muted">Keeps </span>
          {step.keeps}.
        </p>
      )}
      {tables.map(({ title, columns }) => (
        <Columns key={title} title={`${title} has ${counted(columns.length)}`} columns={columns} />
      ))}
      <Columns title={`Its rows have ${counted(step.columns.length)}`} columns={step.columns} />
    </div>
  )
}

function counted(columns: number): string {
  return columns === 1 ? '1 column' : `${columns} columns`
}

function Columns({ title, columns }: { readonly title: string; readonly columns: PlanStep['columns'] }) {
  return (
    <details>
      <summary>{title}</summary>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Type</th>
          </tr>
        </thead>
        <tbody>
          {columns.map(({ name, type }, i) => (
            // Both sides of a join may have a column of one name.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <tr key={i}>
              <td>{name}</td>
              <td className="mono">{type}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
