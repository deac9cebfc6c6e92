/** The whole pipeline: figures, why nothing comes out where nothing does, and the graph or the table of stages. */
import { useCallback, useEffect, useState } from 'react'
import type { PipelineGraph, PipelineSample } from '../../../../src/protocol/pipeline.ts'
import { useApi } from '../../api/use-api.ts'
import { useEvents } from '../../api/use-events.ts'
import { Badge, ErrorNote, Note } from '../../kit/controls.tsx'
import { FilterField } from '../../kit/filter-field.tsx'
import { Empty, Page, Panel } from '../../kit/page.tsx'
import { go, hrefOf, Link } from '../../kit/router.ts'
import { Skeleton } from '../../kit/skeleton.tsx'
import { FlowGraph } from './flow-graph.tsx'
import { LiveContext, LiveSamples, useLive, useSample } from './live-samples.ts'
import { stageOf } from './node-words.ts'
import { PipelineStrip } from './pipeline-strip.tsx'
import { StageTable } from './stage-table.tsx'
import './pipeline.css'

export function Overview({ query }: { readonly query: URLSearchParams }) {
  const graph = useApi<PipelineGraph>('/admin/pipeline')
  const [samples] = useState(() => new LiveSamples())
  const state = useEvents(
    '/admin/pipeline/live',
    ['sample'],
    // One of these a second.
    useCallback((_: string, data: unknown) => samples.push(data as PipelineSample), [samples]),
  )
  const filter = query.get('filter') ?? ''
  const narrow = (text: string) =>
    go(hrefOf(['pipeline'], { filter: text === '' ? undefined : text }), { replace: true })
  const { data } = graph
  return (
    <LiveContext value={samples}>
      <Page
        title="Pipeline"
        about={
          <>
            {data?.app === undefined ? null : <span className="muted">{data.app.name}</span>}
            <Connection state={state} />
          </>
        }
      >
        <PipelineStrip />
        <WhyNote />
        <ErrorNote error={graph.error} />
        <FreshGraph shown={data?.revision} reload={graph.reload} />
        <Panel flush>
          {data === undefined ? (
            <Skeleton height={260} />
          ) : data.nodes.length === 0 ? (
            <Empty next={<code>millrace run examples/orders/orders.app.ts</code>}>
              This data directory holds no streams, tables or deliveries yet.
            </Empty>
          ) : (
            <FlowGraph graph={data} />
          )}
        </Panel>
        {data === undefined || data.nodes.every((node) => stageOf(node) === undefined) ? null : (
          <Panel
            title="Stages"
            flush
            actions={<FilterField label="Filter stages by name" value={filter} onChange={narrow} />}
          >
            <StageTable graph={data} filter={filter} />
          </Panel>
        )}
        <Warnings />
      </Page>
    </LiveContext>
  )
}

function Connection({ state }: { readonly state: string }) {
  const at = useLive((sample) => sample.at)
  if (state === 'lost')
    return <Badge tone="warn">{at === undefined ? 'no connection' : 'connection lost, trying again'}</Badge>
  return at === undefined ? <Badge>connecting</Badge> : <Badge tone="ok">live</Badge>
}

function WhyNote() {
  const why = useSample()?.why
  if (why === undefined) return null
  return (
    <Note tone={why.tone}>
      <p>
        {why.message}{' '}
        {why.stage === undefined || why.stage === '' ? null : (
          <Link href={hrefOf(['pipeline', why.stage])}>Open {why.stage}</Link>
        )}
      </p>
      <p className="muted">{why.next}</p>
    </Note>
  )
}

/** Asks for the graph again when samples are of another one: a stream was made, errors came up. */
function FreshGraph({ shown, reload }: { readonly shown: string | undefined; readonly reload: () => void }) {
  const revision = useLive((sample) => sample.revision)
  useEffect(() => {
    if (shown !== undefined && revision !== undefined && revision !== shown) reload()
  }, [shown, revision, reload])
  return null
}

function Warnings() {
  const sample = useSample()
  if (sample === undefined || sample.warnings.length === 0) return null
  return (
    <Panel title={`Warnings (${sample.warnings.length})`}>
      <ul className="warnings">
        {sample.warnings.slice(0, 50).map(({ code, message }) => (
          <li key={`${code} ${message}`}>
            <span className="mono muted">{code}</span> <pre>{message}</pre>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
