/**
 * Queries of the Flink dialect to nodes.
 */
import { codes } from '../../diagnostic/codes.ts'
import type { Query } from '../../syntax/tree.ts'
import type { ChangelogNode } from '../plan.ts'
import type { FlinkContext } from './context.ts'

export function bindQuery(context: FlinkContext, query: Query): ChangelogNode {
  return context.base.diagnostics.fail(codes.notSupported, query.span, 'this query is not supported yet.')
}
