/** One stage in detail: how it does now, what it reads and writes, and of a query its program with the plan in words. */
import { useCallback, useState } from 'react'
import type { PipelineSample, StageDetail, StageEnd, StageSample } from '../../../../src/protocol/pipeline.ts'
import { useApi } from '../../api/use-api.ts'
import { useEvents } from '../../api/use-events.ts'
import { Badge, ErrorNote, Note } from '../../kit/controls.tsx'
import { Figure, Figures } from '../../kit/figures.tsx'
import { bytesText, countText, durationText, rateText } from '../../kit/numbers.ts'
import { Empty, Page, Panel } from '../../kit/page.tsx'
import { hrefOf, Link } from '../../kit/router.ts'
import { Skeleton } from '../../kit/skeleton.tsx'
import { KindIcon } from './kind-icon.tsx'
import { kindNames, nodeHref, stageMarks } from './node-words.ts'
import { QueryPanel } from './query-panel.tsx'
import './pipeline.css'
import './stage-page.css'

export default function StagePage({ name }: { readonly name: string }) {
  const { data, error } = useApi<StageDetail>('/admin/pipeline/stage', { name })
  const [sample, setSample] = useState<PipelineSample>()
  // One of these a second.
  useEvents(
    '/admin/pipeline/live',
    ['sample'],
    useCallback((_: string, event: unknown) => setSample(event as PipelineSample), []),
  )
  const live = sample?.stages.find((stage) => stage.name === name)
  const why = sample?.why?.stage === name ? sample.why : undefined
  return (
    <Page
      title={
        <>
          <Link href={hrefOf(['pipeline'])} className="up">
            Pipeline
          </Link>
          <span className="muted"> / </span>
          {name}
        </>
      }
      about={
        <>
          {data === undefined ? null : <Badge>{kindNames[data.kind]}</Badge>}
          {live === undefined ? null : <State stage={live} />}
        </>
      }
    >
      <ErrorNote error={error} />
      {error !== undefined ? (
        <Empty next={<Link href={hrefOf(['pipeline'])}>Go to the pipeline</Link>}>
          There is nothing to show.
        </Empty>
      ) : (
        <>
          <StageStrip stage={live} />
          {live?.failure === undefined ? null : (
            <Note tone="bad">
              <pre>{live.failure}</pre>
            </Note>
          )}
          {live?.waitsFor === undefined ? null : (
            <Note tone="warn">
              It waits: readers of stream {live.waitsFor.stream} are {bytesText(live.waitsFor.unreadBytes)}{' '}
              behind, and {bytesText(live.waitsFor.bytesMax)} are allowed.
            </Note>
          )}
          {why === undefined ? null : (
            <Note tone={why.tone}>
              <p>{why.message}</p>
              <p className="muted">{why.next}</p>
            </Note>
          )}
          {data === undefined ? (
            <Skeleton height={320} />
          ) : (
            <>
              <About detail={data} />
              {data.query === undefined ? null : (
                <QueryPanel query={data.query} holds={live?.holds ?? data.state} />
              )}
            </>
          )}
        </>
      )}
    </Page>
  )
}

function State({ stage }: { readonly stage: StageSample }) {
  const marks = stageMarks(stage)
  return (
    <span className="marks">
      <Badge tone={stage.state === 'running' ? 'ok' : stage.state === 'failed' ? 'bad' : 'plain'}>
        {stage.state}
      </Badge>
      {marks
        .filter(({ text }) => text !== stage.state)
        .map(({ tone, text }) => (
          <Badge key={text} tone={tone}>
            {text}
          </Badge>
        ))}
    </span>
  )
}

function StageStrip({ stage }: { readonly stage: StageSample | undefined }) {
  const ledger = stage?.ledger
  const latency = stage?.latencyMs
  const count = (value: number | undefined) => value?.toLocaleString('en')
  return (
    <Figures>
      <Figure
        name="In"
        value={stage && rateText(stage.inPerSecond)}
        about={`${count(ledger?.in) ?? '–'} records`}
      />
      <Figure
        name="Out"
        value={stage && rateText(stage.outPerSecond)}
        about={`${count(ledger?.out) ?? '–'} records`}
      />
      {stage?.kind === 'source' ? null : (
        <Figure
          name="Lag"
          value={stage && countText(stage.lagRecords)}
          about={
            stage?.lagMs === undefined || stage.lagRecords === 0
              ? 'records'
              : `records, ${durationText(stage.lagMs)}`
          }
        />
      )}
      <Figure
        name="Latency p50"
        value={latency && durationText(latency.p50)}
        about={latency === undefined ? ' ' : `p90 ${durationText(latency.p90)}`}
      />
      <Figure
        name="Latency p99"
        value={latency && durationText(latency.p99)}
        about={latency === undefined ? ' ' : `max ${durationText(latency.max)}`}
      />
      <Figure
        name="Late"
        value={count(ledger?.late)}
        tone={(ledger?.late ?? 0) > 0 ? 'warn' : 'plain'}
        about={`filtered ${count(ledger?.filtered) ?? '–'}`}
      />
      <Figure
        name="Dead"
        value={count(ledger?.dead)}
        tone={(ledger?.dead ?? 0) > 0 ? 'bad' : 'plain'}
        about={`in flight ${count(ledger?.inFlight) ?? '–'}`}
      />
      <Figure
        name="Ledger"
        value={ledger === undefined ? undefined : ledger.balanced ? 'balanced' : 'not balanced'}
        tone={ledger === undefined ? 'plain' : ledger.balanced ? 'ok' : 'bad'}
        about="nothing is lost"
      />
    </Figures>
  )
}

function About({ detail }: { readonly detail: StageDetail }) {
  const { about, files, inputs, outputs, asides, settings } = detail
  return (
    <Panel>
      <div className="stage-about">
        <div>
          <p>{about}</p>
          <dl className="facts">
            {files.map((file, i) => (
              <Fact key={file} name={i === 0 ? 'Code' : 'App'}>
                <span className="mono">{file}</span>
              </Fact>
            ))}
            {settings.map(([name, value]) => (
              <Fact key={`${name} ${value}`} name={name}>
                {value}
              </Fact>
            ))}
          </dl>
        </div>
        <div className="ends">
          <Ends title="Reads" ends={inputs} none="nothing inside of this pipeline" />
          <Ends
            title="Writes"
            ends={outputs}
            none={detail.kind === 'function' ? 'nothing that its app knows of yet' : 'nothing yet'}
          />
          {asides.length === 0 ? null : <Ends title="What went wrong" ends={asides} none="" />}
        </div>
      </div>
    </Panel>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Ends({
  title,
  ends,
  none,
}: {
  readonly title: string
  readonly ends: readonly StageEnd[]
  readonly none: string
}) {
  return (
    <div>
      <h2>{title}</h2>
      {ends.length === 0 ? (
        <p className="muted">{none}</p>
      ) : (
        <ul>
          {ends.map((end) => {
            const href = nodeHref(end)
            return (
              <li key={end.id}>
                <KindIcon kind={end.kind} />
                <span className="hidden-label">{kindNames[end.kind]}</span>
                {href === undefined ? <span>{end.name}</span> : <Link href={href}>{end.name}</Link>}
                {end.as === undefined ? null : <span className="muted">as {end.as}</span>}
                {end.records === undefined ? null : (
                  <span className="muted records">{countText(end.records)} records</span>
                )}
              </li>
            )
          })}
        </ul>
      )}
    </div>
  )
}
