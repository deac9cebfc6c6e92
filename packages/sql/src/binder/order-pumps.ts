/**
 * The order in which pumps run: every stream is written before it is read, otherwise as in the text. A circle has no such
 * order and is refused.
 */
import { codes } from '../diagnostic/codes.ts'
import type { DiagnosticList } from '../diagnostic/diagnostic.ts'
import { inputsOf } from '../expression/node-tools.ts'
import type { PlanNode, Pump } from '../plan.ts'

export function orderPumps(pumps: readonly Pump[], diagnostics: DiagnosticList): Pump[] {
  const reads = new Map(pumps.map((pump) => [pump, readsOf(pump.plan)]))
  const ordered: Pump[] = []
  let waiting = [...pumps]
  while (waiting.length > 0) {
    // Ready are pumps none of whose streams has a writer that waits too.
    const unwritten = new Set(waiting.map((pump) => pump.target))
    const ready = waiting.find((pump) => ![...reads.get(pump)!].some((stream) => unwritten.has(stream)))
    if (ready === undefined) {
      const [first] = waiting
      const circle = waiting.map((pump) => `"${pump.name}"`).join(', ')
      return diagnostics.fail(
        codes.streamCircle,
        first!.span,
        `these pumps feed each other in a circle: ${circle}. Break it; a stream cannot be made from its own rows.`,
        waiting
          .slice(1)
          .map((pump) => ({ span: pump.span, message: `"${pump.name}" belongs to the circle` })),
      )
    }
    ordered.push(ready)
    waiting = waiting.filter((pump) => pump !== ready)
  }
  return ordered
}

/** Names of the streams that a plan reads. */
export function readsOf(node: PlanNode, into = new Set<string>()): Set<string> {
  if (node.kind === 'scan') into.add(node.stream)
  for (const input of inputsOf(node)) readsOf(input, into)
  return into
}
