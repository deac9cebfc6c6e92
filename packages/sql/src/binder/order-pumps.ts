/**
 * The order in which pumps run: every stream is written before it is read, otherwise as in the text. A circle has no such
 * order and is refused.
 */
import { codes } from '../diagnostic/codes.ts'
import type { DiagnosticList } from '../diagnostic/diagnostic.ts'
import { inputsOf } from '../expression/node-tools.ts'
import type { PlanNode, Pump } from '../plan.ts'

export function orderPumps(pumps: readonly Pump[], diagnostics: DiagnosticList): Pump[] {
  const reads = new Map(pumps.map((pump) => [pump, [...readsOf(pump.plan)]]))
  /** Pumps that have yet to be placed, by the stream that they write. */
  const writers = new Map<string, number>()
  for (const { target } of pumps) writers.set(target, (writers.get(target) ?? 0) + 1)
  const ordered: Pump[] = []
  let waiting = [...pumps]
  while (waiting.length > 0) {
    const before = ordered.length
    const still: Pump[] = []
    for (const pump of waiting) {
      if (reads.get(pump)!.some((stream) => (writers.get(stream) ?? 0) > 0)) still.push(pump)
      else {
        ordered.push(pump)
        writers.set(pump.target, writers.get(pump.target)! - 1)
      }
    }
    if (ordered.length === before) return failCircle(still, diagnostics)
    waiting = still
  }
  return ordered
}

function failCircle(pumps: readonly Pump[], diagnostics: DiagnosticList): never {
  const [first, ...others] = pumps
  const circle = pumps.map((pump) => `"${pump.name}"`).join(', ')
  const notes = others.map((pump) => ({ span: pump.span, message: `"${pump.name}" belongs to the circle` }))
  return diagnostics.fail(
    codes.streamCircle,
    first!.span,
    `these pumps feed each other in a circle: ${circle}. Break it; a stream cannot be made from its own rows.`,
    notes,
  )
}

/** Names of the streams that a plan reads. */
export function readsOf(node: PlanNode, into = new Set<string>()): Set<string> {
  if (node.kind === 'scan') into.add(node.stream)
  for (const input of inputsOf(node)) readsOf(input, into)
  return into
}
