/** Where the steps of a plan are drawn: from top to bottom, by their measured heights. A pure function. */
import { Graph, layout } from '@dagrejs/dagre'
import type { PlanStep } from '../../../../src/protocol/pipeline.ts'

export const stepWidth = 268

export interface PlanPlaces {
  readonly steps: ReadonlyMap<string, { readonly x: number; readonly y: number }>
  readonly lines: readonly { readonly id: string; readonly path: string; readonly isLookup: boolean }[]
  readonly width: number
  readonly height: number
}

export function placeSteps(steps: readonly PlanStep[], heights: ReadonlyMap<string, number>): PlanPlaces {
  const graph = new Graph()
  graph.setGraph({ rankdir: 'TB', nodesep: 18, ranksep: 26, marginx: 2, marginy: 2 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id } of steps) graph.setNode(id, { width: stepWidth, height: heights.get(id) ?? 80 })
  const known = new Set(steps.map(({ id }) => id))
  for (const { id, inputs } of steps)
    for (const input of inputs) if (input !== id && known.has(input)) graph.setEdge(input, id, { weight: 2 })
  layout(graph)
  const places = new Map<string, { x: number; y: number }>()
  const bottoms = new Map<string, { x: number; y: number }>()
  for (const { id } of steps) {
    const { x, y } = graph.node(id) as { x: number; y: number }
    const height = heights.get(id) ?? 80
    places.set(id, { x: x - stepWidth / 2, y: y - height / 2 })
    bottoms.set(id, { x, y: y + height / 2 })
  }
  const tables = new Set(steps.filter(({ kind }) => kind === 'table').map(({ id }) => id))
  const lines = steps.flatMap(({ id, inputs }) =>
    inputs.flatMap((input) => {
      const from = bottoms.get(input)
      const place = places.get(id)
      if (from === undefined || place === undefined || input === id) return []
      const to = { x: place.x + stepWidth / 2 + shift(input, inputs, places), y: place.y }
      const middle = (from.y + to.y) / 2
      const path = `M${from.x} ${from.y}C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.y - 1}`
      return [{ id: `${input}>${id}`, path, isLookup: tables.has(input) }]
    }),
  )
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  return { steps: places, lines, width, height }
}

/** Several inputs of a step end beside each other, in the order in which they lie. */
function shift(
  input: string,
  inputs: readonly string[],
  places: ReadonlyMap<string, { readonly x: number }>,
): number {
  const sorted = inputs
    .filter((id) => places.has(id))
    .sort((a, b) => (places.get(a)?.x ?? 0) - (places.get(b)?.x ?? 0))
  return sorted.length < 2 ? 0 : (sorted.indexOf(input) - (sorted.length - 1) / 2) * 60
}
