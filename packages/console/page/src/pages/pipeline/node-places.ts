/**
 * Where nodes and edges of a graph are drawn: from left to right by dagre, which keeps room for the labels of edges too. A pure
 * function of the graph, so nothing moves while numbers change.
 */
import { Graph, layout } from '@dagrejs/dagre'
import type { PipelineEdge, PipelineNode } from '../../../../src/protocol/pipeline.ts'

export const nodeWidth = 150
export const nodeHeight = 68
const labelWidth = 56
const labelHeight = 56

export interface Place {
  readonly x: number
  readonly y: number
}

export interface PlacedEdge {
  /** SVG path. */
  readonly path: string
  /** Middle of its label. */
  readonly label: Place
}

export interface Places {
  readonly nodes: ReadonlyMap<string, Place>
  readonly edges: ReadonlyMap<string, PlacedEdge>
  readonly width: number
  readonly height: number
}

export function placeNodes(nodes: readonly PipelineNode[], edges: readonly PipelineEdge[]): Places {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 22, ranksep: 18, edgesep: 14, marginx: 4, marginy: 12 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id } of nodes) graph.setNode(id, { width: nodeWidth, height: nodeHeight })
  for (const { id, from, to, kind } of edges) {
    const label = kind === 'lookup' ? { width: 20, height: 10 } : { width: labelWidth, height: labelHeight }
    graph.setEdge(from, to, { ...label, labelpos: 'c', weight: kind === 'data' ? 4 : 1 }, id)
  }
  layout(graph)
  const found = new Map<string, Place>()
  for (const { id } of nodes) {
    const { x, y } = graph.node(id) as { x: number; y: number }
    found.set(id, { x: x - nodeWidth / 2, y: y - nodeHeight / 2 })
  }
  const placed = new Map<string, PlacedEdge>()
  for (const { id, from, to } of edges) {
    const { points, x, y } = graph.edge(from, to, id) as { points: Place[]; x: number; y: number }
    placed.set(id, { path: pathThrough(points), label: { x, y } })
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  return { nodes: found, edges: placed, width, height }
}

/** A line through points whose corners are round: each inner point is the control of a curve from middle to middle. */
function pathThrough(points: readonly Place[]): string {
  const [first, ...rest] = points
  const last = rest.at(-1)
  if (first === undefined || last === undefined) return ''
  const parts = [`M${at(first)}`]
  for (let i = 0; i + 1 < rest.length; i++) {
    const control = rest[i]
    const next = rest[i + 1]
    if (control === undefined || next === undefined) break
    const end = i + 2 === rest.length ? next : { x: (control.x + next.x) / 2, y: (control.y + next.y) / 2 }
    parts.push(`Q${at(control)} ${at(end)}`)
  }
  if (rest.length === 1) parts.push(`L${at(last)}`)
  return parts.join(' ')
}

function at({ x, y }: Place): string {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`
}
