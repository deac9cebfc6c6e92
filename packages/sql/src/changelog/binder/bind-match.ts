/**
 * MATCH_RECOGNIZE (spec 3.8).
 */
import { codes } from '../../diagnostic/codes.ts'
import type { MatchSource } from '../../syntax/tree.ts'
import type { BoundFrom, FlinkContext } from './context.ts'

export function bindMatch(context: FlinkContext, source: MatchSource): BoundFrom {
  return context.base.diagnostics.fail(
    codes.notSupported,
    source.span,
    'MATCH_RECOGNIZE is not supported yet.',
  )
}
