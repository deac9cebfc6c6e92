/** A small sign for each kind of node, so that kinds are told apart without reading. */
import type { PipelineNodeKind } from '../../../../src/protocol/pipeline.ts'

const paths: Readonly<Record<PipelineNodeKind, string>> = {
  source: 'M2 8h8M7 4.5 10.5 8 7 11.5M13.5 3v10',
  stream: 'M2 5c2-2 4-2 6 0s4 2 6 0M2 8.5c2-2 4-2 6 0s4 2 6 0M2 12c2-2 4-2 6 0s4 2 6 0',
  query: 'M2.5 3h11L9.5 8.5V13l-3-1.5v-3z',
  function: 'M10.5 2.5c-2.5-.5-3 1-3.3 3L6 13c-.3 1-1 1.3-2.3 1M4.5 7.5h6',
  delivery: 'M8 2v8M4.5 6.5 8 10l3.5-3.5M2.5 10.5v3h11v-3',
  table: 'M2.5 3h11v10h-11zM2.5 6.5h11M2.5 9.8h11M6.5 3v10',
  reference: 'M4 2h5l3 3v9H4zM9 2v3h3M6 8.5h4M6 11h4',
  dataset:
    'M2.5 4.5C2.5 2.8 13.5 2.8 13.5 4.5S2.5 6.200 2.5 4.5v7c0 1.700 11 1.700 11 0v-7M2.500 8c0 1.700 11 1.700 11 0',
  bucket: 'M2.5 4h11l-1.500 9.500h-8zM2.500 4c0 1.600 11 1.600 11 0',
  'dead-letters': 'M2 4h12v8.500H2zM2 4l6 5 6-5',
}

export function KindIcon({ kind }: { readonly kind: PipelineNodeKind }) {
  return (
    <svg className={`kind-icon ${kind}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[kind]} />
    </svg>
  )
}
