/** How the pipeline does as a whole: latency from end to end, what comes in, the ledger, what waits. */
import type { LatencyFigures } from '../../../../src/protocol/pipeline.ts'
import { Figure, Figures } from '../../kit/figures.tsx'
import { bytesText, countText, durationText, rateText } from '../../kit/numbers.ts'
import { useArrivals, useSample } from './live-samples.ts'
import { Sparkline } from './sparkline.tsx'

export function PipelineStrip() {
  const sample = useSample()
  const arrivals = useArrivals()
  const latency = sample?.latencyMs
  const recent = sample?.recentLatencyMs
  const shown = recent !== undefined && recent.count > 0 ? recent : latency
  const isRecent = shown === recent && shown !== undefined
  const isRunning = sample === undefined || sample.elapsedMs !== undefined
  return (
    <Figures>
      <Figure
        name="Records in"
        value={
          sample === undefined ? undefined : (
            <span className="with-line">
              {rateText(sample.arrivalsPerSecond)}
              <Sparkline
                values={arrivals}
                label={`Records in per second over the last ${arrivals.length} seconds, at most ${rateText(Math.max(0, ...arrivals))}`}
              />
            </span>
          )
        }
        about={`peak ${rateText(Math.max(0, ...arrivals))}`}
      />
      {isRunning ? (
        <>
          <Latency name="p50" value={shown?.p50} of={shown} whole={latency?.p50} isRecent={isRecent} />
          <Latency name="p90" value={shown?.p90} of={shown} whole={latency?.p90} isRecent={isRecent} />
          <Latency name="p99" value={shown?.p99} of={shown} whole={latency?.p99} isRecent={isRecent} />
          <Latency name="max" value={shown?.max} of={shown} whole={latency?.max} isRecent={isRecent} />
          <Figure
            name="Ledger"
            value={
              sample?.ledgerBalanced === undefined
                ? undefined
                : sample.ledgerBalanced
                  ? 'balanced'
                  : 'not balanced'
            }
            tone={sample?.ledgerBalanced === false ? 'bad' : sample === undefined ? 'plain' : 'ok'}
            about="nothing is lost"
          />
        </>
      ) : null}
      <Figure
        name="Dead letters"
        value={sample === undefined ? undefined : countText(sample.deadLetters)}
        tone={(sample?.deadLetters ?? 0) > 0 ? 'bad' : 'plain'}
        about="waiting"
      />
      {isRunning ? (
        <Figure
          name="Running for"
          value={
            sample?.elapsedMs === undefined
              ? undefined
              : durationText(Math.floor(sample.elapsedMs / 1000) * 1000)
          }
          about={
            sample === undefined
              ? ' '
              : `${bytesText(sample.process.rssBytes)}, ${Math.round(sample.process.cpu * 100)} % CPU`
          }
        />
      ) : null}
    </Figures>
  )
}

/** From arrival to the commit of what became of it. */
function Latency({
  name,
  value,
  of,
  whole,
  isRecent,
}: {
  readonly name: string
  readonly value: number | undefined
  readonly of: LatencyFigures | undefined
  readonly whole: number | undefined
  readonly isRecent: boolean
}) {
  const isKnown = of !== undefined && of.count > 0 && value !== undefined
  const about =
    !isKnown || whole === undefined
      ? 'arrival to commit'
      : isRecent
        ? `run ${durationText(whole)}`
        : `${countText(of.count)} records`
  const shown = isKnown ? durationText(value) : undefined
  return <Figure name={isRecent ? `${name}, last 10 s` : `Latency ${name}`} value={shown} about={about} />
}
