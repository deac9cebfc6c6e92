/** An edge of the graph: as wide as much flows, with what flows as text. */
import { type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react'
import { memo } from 'react'
import type { PipelineEdge } from '../../../../src/protocol/pipeline.ts'
import { bytesText, countText, durationText, rateText } from '../../kit/numbers.ts'
import { type IndexedSample, noFlow, useLive } from './live-samples.ts'
import type { PlacedEdge } from './node-places.ts'

export type DrawnEdge = Edge<
  { readonly edge: PipelineEdge; readonly place: PlacedEdge; readonly moves: boolean },
  'pipeline'
>

/** Fewer records than are in hand at any moment are no lag to speak of, unless they are old. */
const lagShownMs = 1_000

export const PipelineEdgeView = memo(function PipelineEdgeView({ id, data }: EdgeProps<DrawnEdge>) {
  const flow = useLive((sample) => flowText(sample, id)) ?? ''
  const lag = useLive((sample) => lagText(sample, id)) ?? ''
  // In steps, so that the line is not drawn anew for each change of a number.
  const width = useLive((sample) => flowWidth((sample.edges[id] ?? noFlow).recordsPerSecond)) ?? 0
  if (data === undefined) return null
  const { edge, place, moves } = data
  return (
    <>
      <path
        className={`flow-edge ${edge.kind}${width > 0 ? ' flowing' : ''}`}
        d={place.path}
        markerEnd="url(#flow-arrow)"
        style={{ strokeWidth: 1.25 + width * 0.5 }}
      />
      {moves && width > 0 ? <path className="flow-drops" d={place.path} /> : null}
      {flow === '' && lag === '' ? null : (
        <EdgeLabelRenderer>
          <div
            className="flow-label"
            style={{ transform: `translate(-50%, -50%) translate(${place.label.x}px, ${place.label.y}px)` }}
          >
            {flow.split('\n').map((line) => (
              <span key={line}>{line}</span>
            ))}
            {lag === ''
              ? null
              : lag.split('\n').map((line) => (
                  <span key={line} className="lag">
                    {line}
                  </span>
                ))}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  )
})

export function flowText(sample: IndexedSample, id: string): string {
  const { recordsPerSecond, bytesPerSecond, records } = sample.edges[id] ?? noFlow
  if (recordsPerSecond === 0) return records === 0 ? '' : '0/s'
  return bytesPerSecond === undefined
    ? rateText(recordsPerSecond)
    : `${rateText(recordsPerSecond)}\n${bytesText(bytesPerSecond)}/s`
}

export function lagText(sample: IndexedSample, id: string): string {
  const { lagRecords = 0, lagMs, recordsPerSecond } = sample.edges[id] ?? noFlow
  if (lagRecords === 0) return ''
  if (lagMs !== undefined && lagMs < lagShownMs && lagRecords < Math.max(10, recordsPerSecond)) return ''
  return `lag ${countText(lagRecords)}${lagMs === undefined ? '' : `\n${durationText(lagMs)}`}`
}

/** 0 where nothing flows, then one more for each tenfold. */
function flowWidth(perSecond: number): number {
  return perSecond <= 0 ? 0 : Math.max(1, Math.min(6, Math.floor(Math.log10(Math.max(1, perSecond))) + 1))
}
