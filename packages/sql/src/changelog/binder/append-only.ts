/**
 * What operators ask of their input beyond its columns: that it never retracts (spec 3.9), that a column is a time
 * attribute (spec 3.4).
 */
import { codes } from '../../diagnostic/codes.ts'
import type { Note } from '../../diagnostic/diagnostic.ts'
import type { Span } from '../../span.ts'
import type { ChangelogNode } from '../plan.ts'
import type { FlinkContext } from './context.ts'
import { inputsOf } from './nodes.ts'

/** `what`: the operator as the subject of a sentence. */
export function requireAppend(context: FlinkContext, node: ChangelogNode, what: string, span: Span): void {
  if (node.traits.changes === 'append') return
  const cause = causeOfUpdates(node)
  const notes: Note[] = [{ span: cause.span, message: `the updates come from here: ${describe(cause)}` }]
  context.base.diagnostics.fail(
    codes.needsAppend,
    span,
    `${what} takes rows that are only added, but its input also changes rows that it gave before. Group by a window instead of by plain keys, or use this result before the rows are updated.`,
    notes,
  )
}

/** The node nearest to the sources that turns added rows into changed ones. */
function causeOfUpdates(node: ChangelogNode): ChangelogNode {
  const below = inputsOf(node).find((input) => input.traits.changes === 'retract')
  return below === undefined ? node : causeOfUpdates(below)
}

function describe(node: ChangelogNode): string {
  switch (node.kind) {
    case 'source':
      return `the table ${node.table} delivers updates`
    case 'normalize':
      return 'the table delivers updates by key'
    case 'aggregate':
      return 'the result of a group changes with each row'
    case 'window-aggregate':
      return 'early results of a window are corrected'
    case 'join':
      return `a ${node.join} join takes rows back when a partner comes`
    case 'rank':
    case 'dedup':
      return 'the first rows by rank change as better ones come'
    case 'set-operation':
      return 'a row leaves when it comes to the other side'
    default:
      return `${node.kind} changes rows`
  }
}
