/** The stages as a table, with the ledger's columns: for screen readers and for those who like tables. */
import type { PipelineGraph, StageSample } from '../../../../src/protocol/pipeline.ts'
import { Badge } from '../../kit/controls.tsx'
import { durationText, rateText } from '../../kit/numbers.ts'
import { Link } from '../../kit/router.ts'
import { useSample } from './live-samples.ts'
import { kindNames, nodeHref, stageMarks, stageOf } from './node-words.ts'

const ledgerNames = ['in', 'out', 'late', 'filtered', 'dead'] as const

export function StageTable({ graph, filter }: { readonly graph: PipelineGraph; readonly filter: string }) {
  const sample = useSample()
  const nodes = graph.nodes.filter(
    (node) => stageOf(node) !== undefined && node.name.toLowerCase().includes(filter.toLowerCase()),
  )
  return (
    <div className="stage-table">
      <table className="rows">
        <caption className="hidden-label">
          Stages with their ledgers: in = out + late + filtered + dead + in flight
        </caption>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">Kind</th>
            <th scope="col">State</th>
            {[
              'in/s',
              'out/s',
              'in',
              'out',
              'late',
              'filtered',
              'dead',
              'in flight',
              'lag',
              'p50',
              'p99',
              'max',
            ].map((name) => (
              <th scope="col" className="number" key={name}>
                {name}
              </th>
            ))}
            <th scope="col">Ledger</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => {
            const stage = sample?.stage.get(stageOf(node) ?? '')
            return (
              <tr key={node.id}>
                <th scope="row">
                  <Link href={nodeHref(node) ?? ''}>{node.name}</Link>
                </th>
                <td>{kindNames[node.kind]}</td>
                {stage === undefined ? <td colSpan={14} /> : <StageCells stage={stage} />}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function StageCells({ stage }: { readonly stage: StageSample }) {
  const { ledger, latencyMs } = stage
  const ms = (value: number | undefined) => (value === undefined ? '–' : durationText(value))
  const marks = stageMarks(stage)
  return (
    <>
      <td>
        <span className="marks">
          {marks.length === 0 ? (
            <Badge tone={stage.state === 'running' ? 'ok' : 'plain'}>{stage.state}</Badge>
          ) : null}
          {marks.map(({ tone, text }) => (
            <Badge key={text} tone={tone}>
              {text}
            </Badge>
          ))}
        </span>
      </td>
      <td className="number">{rateText(stage.inPerSecond)}</td>
      <td className="number">{rateText(stage.outPerSecond)}</td>
      {ledgerNames.map((name) => (
        <td className="number" key={name}>
          {ledger[name].toLocaleString('en')}
        </td>
      ))}
      <td className="number">{ledger.inFlight.toLocaleString('en')}</td>
      <td className="number">{stage.kind === 'source' ? '–' : stage.lagRecords.toLocaleString('en')}</td>
      <td className="number">{ms(latencyMs?.p50)}</td>
      <td className="number">{ms(latencyMs?.p99)}</td>
      <td className="number">{ms(latencyMs?.max)}</td>
      <td>{ledger.balanced ? 'balanced' : <Badge tone="bad">not balanced</Badge>}</td>
    </>
  )
}
