/** Errors of a query's text: the line and column, what is wrong there, and the text from there on. */
import { LakeError } from '../errors.ts'

export function syntaxError(text: string, at: number, problem: string, next = ''): LakeError {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  const column = at - before.lastIndexOf('\n')
  const rest = text.slice(at, at + 30)
  const place = rest === '' ? 'at its end' : `at ${JSON.stringify(rest)}`
  const message = `the jq query, line ${line}:${column}, ${place}: ${problem}. ${next}`
  return new LakeError('JQ_INVALID', message.trimEnd())
}
