/** A query explained: its program at the left, the drawn plan with a sentence for each step at the right. */
import { useMemo, useState } from 'react'
import type { QueryDetail, StateSample, TableTime } from '../../../../src/protocol/pipeline.ts'
import { Badge, Note } from '../../kit/controls.tsx'
import { CopyButton } from '../../kit/copy.tsx'
import { Panel } from '../../kit/page.tsx'
import { PlanView } from './plan-view.tsx'
import { SqlText } from './sql-text.tsx'
import { StepDetail } from './step-detail.tsx'

const dialects = { kda: 'SQL of Kinesis Data Analytics', flink: 'Flink SQL' } as const

export function QueryPanel({
  query,
  holds,
}: {
  readonly query: QueryDetail
  readonly holds: readonly StateSample[]
}) {
  const { steps, text, fileName, dialect, problem, mapping, times } = query
  const [chosen, setChosen] = useState<string | undefined>(undefined)
  const state = useMemo(() => new Map(holds.map((size) => [size.id, size])), [holds])
  // A join says most about a query.
  const first =
    steps.find(({ kind }) => kind.includes('join') && kind !== 'lookup-join') ??
    steps.find(({ keeps, kind }) => keeps !== undefined && kind !== 'watermark')
  const step = steps.find(({ id }) => id === chosen) ?? first ?? steps[0]
  return (
    <>
      {problem === undefined ? null : (
        <Note tone="bad">
          <pre>{problem}</pre>
        </Note>
      )}
      {times.length === 0 ? null : <Times times={times} />}
      <div className="query-panes">
        <div className="query-left">
          <Panel
            title="Program"
            flush
            actions={
              <>
                <span className="muted">{dialects[dialect]}</span>
                <CopyButton text={text} label="Copy SQL" />
              </>
            }
          >
            <SqlText text={text} label={`Program ${fileName}`} marked={step?.span} />
          </Panel>
          {step === undefined ? null : (
            <Panel title={step.title}>
              <StepDetail
                step={step}
                tables={steps.filter(({ id, kind }) => kind === 'table' && step.inputs.includes(id))}
              />
            </Panel>
          )}
        </div>
        <Panel title="What it does, step by step" flush>
          <PlanView steps={steps} state={state} chosen={step?.id} onChoose={setChosen} />
        </Panel>
      </div>
      {mapping.length === 0 ? null : (
        <Panel title="Where its columns are found in a record" flush>
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">Column</th>
                <th scope="col">Type</th>
                <th scope="col">Path</th>
              </tr>
            </thead>
            <tbody>
              {mapping.map(({ name, type, path }) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td className="mono">{type}</td>
                  <td className="mono">{path}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      )}
    </>
  )
}

function Times({ times }: { readonly times: readonly TableTime[] }) {
  return (
    <Panel title="Event time, when this page was opened" flush>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Table</th>
            <th scope="col">Watermark</th>
            <th scope="col">Shards</th>
            <th scope="col">What holds it back</th>
          </tr>
        </thead>
        <tbody>
          {times.map(({ table, stream, watermark, ended, shards, waiting }) => (
            <tr key={table}>
              <td>
                {table} <span className="muted">stream {stream}</span>
              </td>
              <td className="mono">{ended ? 'the table has ended' : (watermark ?? 'no row yet')}</td>
              <td>
                <span className="marks">
                  {shards.map(({ shard, watermark: reached, idle }) => (
                    <Badge key={shard} tone={idle ? 'warn' : 'plain'}>
                      {shard} {idle ? 'idle' : (reached?.slice(11, 19) ?? 'no row')}
                    </Badge>
                  ))}
                </span>
              </td>
              <td>
                {waiting === undefined ? (
                  <span className="muted">nothing</span>
                ) : (
                  `${waiting.message} ${waiting.next}`
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}
