/**
 * What operators ask of their input beyond its columns: that it never retracts (spec 3.9), that a column is a time
 * attribute (spec 3.4).
 */
import { codes } from '../../diagnostic/codes.ts'
import type { Note } from '../../diagnostic/diagnostic.ts'
import type { Span } from '../../span.ts'
import type { ChangelogNode } from '../plan.ts'
import type { FlinkContext } from './context.ts'
import { describeUpdates, updatingNode } from './updating-node.ts'

/** `what`: the operator as the subject of a sentence. */
export function requireAppend(context: FlinkContext, node: ChangelogNode, what: string, span: Span): void {
  if (node.traits.changes === 'append') return
  const cause = updatingNode(node)
  const notes: Note[] = [{ span: cause.span, message: describeUpdates(cause) }]
  context.base.diagnostics.fail(
    codes.needsAppend,
    span,
    `${what} takes rows that are only added, but its input also changes rows that it gave before. Group by a window instead of by plain keys, or use this result before the rows are updated.`,
    notes,
  )
}
