/**
 * The graph as people would draw it, left to right. Positions follow from the graph alone. Nodes are links: Tab goes from one to the
 * next along the flow, the arrow keys to the nearest in their direction, Enter opens.
 */
import { Controls, ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react'
import { type FocusEvent, type KeyboardEvent, useMemo, useRef } from 'react'
import type { PipelineGraph } from '../../../../src/protocol/pipeline.ts'
import { nearest, nodeHeight, nodeWidth, type Place, type Places, placeNodes } from './node-places.ts'
import { nodeHref } from './node-words.ts'
import { type DrawnEdge, PipelineEdgeView } from './pipeline-edge.tsx'
import { type DrawnNode, PipelineNodeView } from './pipeline-node.tsx'
import '@xyflow/react/dist/base.css'
import './flow-graph.css'

const nodeTypes = { pipeline: PipelineNodeView }
const edgeTypes = { pipeline: PipelineEdgeView }
/** Lines that move cost paint for each; many of them are no help either. */
const movingMax = 40

export function FlowGraph({ graph }: { readonly graph: PipelineGraph }) {
  return (
    <ReactFlowProvider>
      <Drawing graph={graph} />
    </ReactFlowProvider>
  )
}

function Drawing({ graph }: { readonly graph: PipelineGraph }) {
  const { places, open, nodes, edges } = useMemo(() => drawn(graph), [graph])
  const flow = useReactFlow()
  const box = useRef<HTMLDivElement>(null)
  const move = (event: KeyboardEvent) => {
    const from = (event.target as HTMLElement).closest<HTMLElement>('[data-node]')?.dataset.node
    const to = from === undefined ? undefined : nearest(open, from, event.key)
    if (to === undefined) return
    event.preventDefault()
    box.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(to)}"]`)?.focus()
  }
  /** Whoever goes by keys sees where he is. */
  const follow = (event: FocusEvent) => {
    const id = (event.target as HTMLElement).dataset.node
    const place = id === undefined ? undefined : places.nodes.get(id)
    const bounds = box.current?.getBoundingClientRect()
    if (
      place === undefined ||
      bounds === undefined ||
      !(event.target as HTMLElement).matches(':focus-visible')
    )
      return
    const rect = event.target.getBoundingClientRect()
    const isInside =
      rect.left >= bounds.left &&
      rect.right <= bounds.right &&
      rect.top >= bounds.top &&
      rect.bottom <= bounds.bottom
    if (!isInside)
      void flow.setCenter(place.x + nodeWidth / 2, place.y + nodeHeight / 2, { zoom: flow.getZoom() })
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the links inside
    <div
      className="flow"
      ref={box}
      style={{ '--flow-height': `${Math.round(places.height)}px` } as Record<string, string>}
      onKeyDown={move}
      onFocus={follow}
    >
      <ReactFlow
        key={graph.revision}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        fitView
        fitViewOptions={{ padding: 0.03, maxZoom: 1.25, minZoom: 0.5 }}
        minZoom={0.15}
        maxZoom={1.5}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        zoomOnDoubleClick={false}
        zoomOnScroll={false}
        panOnScroll={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: true }}
        aria-label="The pipeline, from its sources to where records end"
      >
        <svg className="flow-defs" aria-hidden="true">
          <defs>
            <marker
              id="flow-arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="8"
              markerHeight="8"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0 0.500 7.500 4 0 7.500z" />
            </marker>
          </defs>
        </svg>
        <Controls showInteractive={false} position="bottom-right" />
      </ReactFlow>
    </div>
  )
}

interface Drawn {
  readonly places: Places
  /** Of nodes that lead somewhere. */
  readonly open: ReadonlyMap<string, Place>
  readonly nodes: DrawnNode[]
  readonly edges: DrawnEdge[]
}

function drawn(graph: PipelineGraph): Drawn {
  const places = placeNodes(graph.nodes, graph.edges)
  const moves = graph.edges.length <= movingMax
  const nodes = graph.nodes
    .map((node): DrawnNode => {
      const position = places.nodes.get(node.id) ?? { x: 0, y: 0 }
      return { id: node.id, type: 'pipeline', position, data: { node }, width: nodeWidth, height: nodeHeight }
    })
    // Tab goes along the flow.
    .sort((a, b) => a.position.x - b.position.x || a.position.y - b.position.y)
  const edges = graph.edges.flatMap((edge): DrawnEdge[] => {
    const place = places.edges.get(edge.id)
    return place === undefined
      ? []
      : [{ id: edge.id, source: edge.from, target: edge.to, type: 'pipeline', data: { edge, place, moves } }]
  })
  const open = new Map(
    [...places.nodes].filter(([id]) =>
      graph.nodes.some((node) => node.id === id && nodeHref(node) !== undefined),
    ),
  )
  return { places, open, nodes, edges }
}
