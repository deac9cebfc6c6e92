/** Where an error of a statement is: the lake's sentences say it as `line 2:14:`, with what was meant. Pure. */
import type { Mark } from './notebook.ts'

export function markOfError(
  sql: string,
  { code, message }: { readonly code: string; readonly message: string },
): Mark | undefined {
  const [, line, column] = /\bline (\d+):(\d+):/.exec(message) ?? []
  if (line === undefined || column === undefined) return undefined
  const lines = sql.split('\n')
  const index = Number(line) - 1
  const text = lines[index]
  if (text === undefined) return undefined
  const before = lines.slice(0, index).reduce((sum, each) => sum + each.length + 1, 0)
  const from = before + Math.min(Number(column) - 1, text.length)
  const [word = ''] = /^(?:"[^"]*"|[\w$.]+)/.exec(sql.slice(from)) ?? []
  const [, suggestion] =
    /Did you mean "([^"]+)"/.exec(message) ?? /Candidate bindings: "([^"]+)"/.exec(message) ?? []
  return {
    from,
    // One character at least, so that there is something to see; at the end of the text none is left.
    to: Math.min(sql.length, from + Math.max(1, word.length)),
    severity: 'error',
    code,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}
