/**
 * A node of the plan as the interpreter runs it. For each source record a node gets the rows that its inputs made of it
 * and answers with its own; after the last record of a micro-batch it gets what bounds set free above it, then its own
 * bound. The output's bound says that no later row of it has a row time below.
 */
import type { Row, Step } from './row.ts'

export interface RunningNode {
  readonly inputs: readonly RunningNode[]
  /** Rows of this step for the rows of each input, in order. Rows of the first input count as earlier ones. */
  rows(inputs: readonly (readonly Row[])[], step: Step): Row[]
  /** Rows set free by the promise that no later row of any input lies below `bound`. */
  release?(bound: number, step: Step): Row[]
  /** Bound of the output, from the lowest bound of the inputs. The same, unless given. */
  outputBound?(bound: number, step: Step): number
  /** What the node remembers, as plain values, and back. Only nodes with state have these. */
  save?(): unknown
  load?(saved: unknown): void
}

/** A tree's nodes, inputs first: the order in which their states are saved. */
export function nodesOf(node: RunningNode): RunningNode[] {
  return [...node.inputs.flatMap(nodesOf), node]
}

/** Runs a tree over the rows of one source record. */
export function runRows(node: RunningNode, step: Step): Row[] {
  const inputs = node.inputs.map((input) => runRows(input, step))
  return node.rows(inputs, step)
}

/** Runs a tree over a bound: what the inputs set free goes through the node, then the node meets its own bound. */
export function runBound(node: RunningNode, step: Step): { rows: Row[]; bound: number } {
  const inputs = node.inputs.map((input) => runBound(input, step))
  const inputBound = Math.min(Number.POSITIVE_INFINITY, ...inputs.map((input) => input.bound))
  const rows = node.rows(
    inputs.map((input) => input.rows),
    step,
  )
  if (node.release !== undefined) rows.push(...node.release(inputBound, step))
  return { rows, bound: node.outputBound === undefined ? inputBound : node.outputBound(inputBound, step) }
}
