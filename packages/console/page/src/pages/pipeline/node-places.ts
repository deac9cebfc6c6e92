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
  const joined = new Set(edges.flatMap(({ from, to }) => [from, to]))
  for (const { id } of nodes) if (joined.has(id)) graph.setNode(id, { width: nodeWidth, height: nodeHeight })
  for (const { id, from, to, kind } of edges) {
    const label = kind === 'lookup' ? { width: 20, height: 10 } : { width: labelWidth, height: labelHeight }
    graph.setEdge(from, to, { ...label, labelpos: 'c', weight: kind === 'data' ? 4 : 1 }, id)
  }
  layout(graph)
  const found = new Map<string, Place>()
  for (const { id } of nodes) {
    if (!joined.has(id)) continue
    const { x, y } = graph.node(id) as { x: number; y: number }
    found.set(id, { x: x - nodeWidth / 2, y: y - nodeHeight / 2 })
  }
  const placed = new Map<string, PlacedEdge>()
  for (const { id, from, to } of edges) {
    const { points, x, y } = graph.edge(from, to, id) as { points: Place[]; x: number; y: number }
    placed.set(id, { path: pathThrough(points), label: { x, y } })
  }
  const { width, height } = graph.graph() as { width?: number; height?: number }
  // Without a node dagre answers with no size.
  const drawn = { width: joined.size === 0 ? 0 : (width ?? 0), height: joined.size === 0 ? 0 : (height ?? 0) }
  const alone = nodes.filter(({ id }) => !joined.has(id))
  const whole = placeRows(alone, drawn, found)
  return { nodes: found, edges: placed, ...whole }
}

const between = 22

/** What nothing leads to or from: in rows below the drawing, as wide as that. Gives the size of it all. */
function placeRows(
  nodes: readonly PipelineNode[],
  drawn: { readonly width: number; readonly height: number },
  found: Map<string, Place>,
): { readonly width: number; readonly height: number } {
  if (nodes.length === 0) return drawn
  const step = nodeWidth + between
  const perRow = Math.max(Math.min(5, nodes.length), Math.floor((drawn.width + between) / step))
  for (const [i, { id }] of nodes.entries()) {
    const row = Math.floor(i / perRow)
    found.set(id, { x: (i % perRow) * step, y: drawn.height + between + row * (nodeHeight + between) })
  }
  const rows = Math.ceil(nodes.length / perRow)
  return {
    width: Math.max(drawn.width, Math.min(perRow, nodes.length) * step - between),
    height: drawn.height + between + rows * (nodeHeight + between),
  }
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

const directions: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
}

/** The node that lies most nearly in the direction of an arrow key. */
export function nearest(nodes: ReadonlyMap<string, Place>, from: string, key: string): string | undefined {
  const here = nodes.get(from)
  const direction = directions[key]
  if (here === undefined || direction === undefined) return undefined
  const [dx, dy] = direction
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const [id, { x, y }] of nodes) {
    const along = (x - here.x) * dx + (y - here.y) * dy
    const aside = Math.abs((x - here.x) * dy) + Math.abs((y - here.y) * dx)
    if (id === from || along <= 1) continue
    const far = along + 2 * aside
    if (far < least) {
      least = far
      best = id
    }
  }
  return best
}
