/**
 * Window table functions TUMBLE, HOP, CUMULATE and SESSION (spec 3.5).
 */
import type { FunctionSource } from '../../syntax/tree.ts'
import type { BindQuery, BoundFrom, FlinkContext } from './context.ts'

/** undefined: the call is no window function. */
export function bindWindowFunction(
  _context: FlinkContext,
  _source: FunctionSource,
  _bindQuery: BindQuery,
): BoundFrom | undefined {
  return undefined
}
