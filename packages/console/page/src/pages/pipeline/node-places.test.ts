import { describe, expect, test } from 'vitest'
import type { PipelineEdge, PipelineNode } from '../../../../src/protocol/pipeline.ts'
import { nearest, nodeHeight, nodeWidth, placeNodes } from './node-places.ts'

const node = (id: string): PipelineNode => ({ id, kind: 'stream', name: id, about: '', aside: false })
const edge = (from: string, to: string): PipelineEdge => ({ id: `${from}>${to}`, from, to, kind: 'data' })

/** A tree of stages that fan out, with some nodes that nothing leads to. */
function graphOf(stages: number, alone: number) {
  const nodes = [node('s0')]
  const edges: PipelineEdge[] = []
  for (let i = 1; i <= stages; i++) {
    nodes.push(node(`f${i}`), node(`s${i}`))
    edges.push(edge(`s${Math.floor(i / 3)}`, `f${i}`), edge(`f${i}`, `s${i}`))
  }
  for (let i = 0; i < alone; i++) nodes.push(node(`t${i}`))
  return { nodes, edges }
}

describe('places of nodes', () => {
  test.each([
    [0, 1],
    [0, 12],
    [1, 0],
    [3, 7],
    [50, 9],
  ])('%i stages and %i lone nodes: none covers another, and edges go to the right', (stages, alone) => {
    const { nodes, edges } = graphOf(stages, alone)
    const kept = stages === 0 ? nodes.slice(1) : nodes
    const { nodes: places, edges: lines, width, height } = placeNodes(kept, edges)
    const boxes = kept.map(({ id }) => places.get(id)!)
    for (const [i, a] of boxes.entries()) {
      expect(Number.isFinite(a.x) && Number.isFinite(a.y)).toBe(true)
      expect(a.x + nodeWidth).toBeLessThanOrEqual(width + 1)
      expect(a.y + nodeHeight).toBeLessThanOrEqual(height + 1)
      for (const b of boxes.slice(i + 1))
        expect(Math.abs(a.x - b.x) >= nodeWidth || Math.abs(a.y - b.y) >= nodeHeight).toBe(true)
    }
    for (const { id, from, to } of edges) {
      expect(places.get(to)!.x).toBeGreaterThan(places.get(from)!.x + nodeWidth)
      const { label, path } = lines.get(id)!
      expect(label.x).toBeGreaterThan(places.get(from)!.x + nodeWidth)
      expect(label.x).toBeLessThan(places.get(to)!.x)
      expect(path).toMatch(/^M[\d.,-]+ (?:Q[\d.,-]+ [\d.,-]+ ?|L[\d.,-]+)+$/)
    }
  })

  test('are the same for the same graph', () => {
    const { nodes, edges } = graphOf(20, 4)
    expect(placeNodes(nodes, edges)).toEqual(placeNodes(nodes, edges))
  })
})

test('arrow keys go to the nearest node in their direction, and stay where there is none', () => {
  const places = new Map([
    ['a', { x: 0, y: 0 }],
    ['b', { x: 200, y: 10 }],
    ['c', { x: 200, y: 90 }],
    ['d', { x: 400, y: 0 }],
  ])
  expect(nearest(places, 'a', 'ArrowRight')).toBe('b')
  expect(nearest(places, 'b', 'ArrowDown')).toBe('c')
  expect(nearest(places, 'c', 'ArrowUp')).toBe('b')
  expect(nearest(places, 'd', 'ArrowRight')).toBeUndefined()
  expect(nearest(places, 'a', 'Home')).toBeUndefined()
})
