/** A chart on a dashboard: its title, how old it is, and its rows drawn; what went wrong stands above the last rows that there were. */
import { memo, type ReactNode } from 'react'
import type { Chart, Kept } from '../../../../../src/protocol/dashboards.ts'
import { Button, ErrorNote } from '../../../kit/controls.tsx'
import { durationText } from '../../../kit/numbers.ts'
import { Link } from '../../../kit/router.ts'
import { Skeleton } from '../../../kit/skeleton.tsx'
import { useNow } from '../../../kit/use-now.ts'
import { agoText } from '../lake-text.ts'
import { ResultChart } from '../sql/result-chart.tsx'
import { statementHref } from './statement-href.ts'
import type { ChartState } from './use-chart-data.ts'

export interface ChartTileProps {
  /** Undefined: the chart is gone. */
  readonly chart: Kept<Chart> | undefined
  readonly name: string
  readonly state: ChartState
  /** Of the whole tile, in pixels. */
  readonly height: number
  readonly onRefresh: () => void
  /** Buttons of the edit mode: beside the title, and below it. */
  readonly tools?: { readonly beside: ReactNode; readonly below: ReactNode } | undefined
}

const headHeight = 38
/** In the edit mode tools stand below the title. */
const toolsHeight = 34
/** Of a chart: legend and room around. */
const legendHeight = 52
const noteHeight = 26

export function ChartTile({ chart, name, state, height, onRefresh, tools }: ChartTileProps) {
  const title = chart?.title ?? name
  return (
    <section className="panel lake-tile" aria-label={title}>
      <header className="panel-head">
        <h2 title={title}>{title}</h2>
        <span className="actions">
          {tools?.beside ?? (
            <>
              <Age state={state} refreshSeconds={chart?.refreshSeconds ?? null} />
              <Button
                look="plain"
                className="icon"
                aria-label={`Refresh ${title}`}
                title="Ask again"
                onClick={onRefresh}
              >
                ↻
              </Button>
              {chart === undefined ? null : (
                <Link
                  className="button plain icon"
                  aria-label={`Open the statement of ${title}`}
                  title="Open the statement"
                  href={statementHref(chart)}
                >
                  →
                </Link>
              )}
            </>
          )}
        </span>
      </header>
      {tools === undefined ? null : <div className="tile-tools">{tools.below}</div>}
      {chart === undefined ? (
        <ErrorNote
          error={{
            code: 'DASHBOARD_UNKNOWN',
            message: `There is no chart "${name}" any more. Take its tile off.`,
          }}
        />
      ) : (
        <ChartTileBody
          chart={chart}
          state={state}
          height={height - headHeight - (tools === undefined ? 0 : toolsHeight)}
        />
      )}
    </section>
  )
}

/** The time alone is drawn anew each second. */
function Age({
  state,
  refreshSeconds,
}: {
  readonly state: ChartState
  readonly refreshSeconds: number | null
}) {
  const now = useNow(1_000)
  const every =
    refreshSeconds === null ? 'refreshed by hand' : `refreshed every ${durationText(refreshSeconds * 1_000)}`
  const age = state.answeredAt === undefined ? '' : agoText(state.answeredAt, now)
  return (
    <span className={`age ${state.error === undefined ? '' : 'lake-bad'}`} title={every}>
      {state.loading ? 'asking...' : age}
    </span>
  )
}

export const ChartTileBody = memo(function ChartTileBody({
  chart,
  state: { answer, error },
  height,
}: {
  readonly chart: Kept<Chart>
  readonly state: ChartState
  readonly height: number
}) {
  return (
    <div className="tile-body">
      <ErrorNote error={error} />
      {answer === undefined ? (
        error === undefined ? (
          <Skeleton lines={4} height={height - legendHeight} />
        ) : null
      ) : (
        <>
          <ResultChart
            label={chart.title}
            answer={answer}
            view={chart.view}
            height={Math.max(80, height - legendHeight - (answer.more ? noteHeight : 0))}
          />
          {answer.more ? (
            <p className="muted chart-note">
              The first {chart.rows.toLocaleString('en')} rows; there are more.
            </p>
          ) : null}
        </>
      )}
    </div>
  )
})
