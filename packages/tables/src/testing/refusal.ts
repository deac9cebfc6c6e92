/** The message that a request's expressions are refused with, for tests. */
import { compileExpressions, type RequestExpressions } from '../expression/expressions.ts'
import { TableRequestError } from '../values/request-error.ts'

export function reasonOf(request: RequestExpressions): string {
  try {
    compileExpressions(request)
  } catch (error) {
    if (error instanceof TableRequestError) return error.reason
    throw error
  }
  return 'compiled'
}
