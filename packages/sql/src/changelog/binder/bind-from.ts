/**
 * FROM items of a Flink query to nodes with the scope of their names.
 */
import { codes } from '../../diagnostic/codes.ts'
import type { FromItem } from '../../syntax/tree.ts'
import type { BoundFrom, FlinkContext } from './context.ts'

export function bindFrom(context: FlinkContext, from: FromItem): BoundFrom {
  return context.base.diagnostics.fail(codes.notSupported, from.span, 'this source is not supported yet.')
}
