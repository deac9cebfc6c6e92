import { expect, test } from 'vitest'
import { markOfError } from './query-mark.ts'

const code = 'LAKE_QUERY_INVALID'

test('a mark covers the word at the place that the message says, with what was meant', () => {
  const sql = 'SELECT racer,\n  max(outptu) FROM rides'
  const message =
    'line 2:7: Referenced column "outptu" not found in FROM clause!; Candidate bindings: "output", "racer"'
  const mark = markOfError(sql, { code, message })
  expect(mark).toEqual({ from: 20, to: 26, severity: 'error', code, message, suggestion: 'output' })
  expect(sql.slice(mark?.from, mark?.to)).toBe('outptu')
})

test('a message of a table names the near one', () => {
  const message =
    'line 1:15: there is no table "ride" in database "default". Did you mean "rides"? It has rides.'
  expect(markOfError('SELECT * FROM ride', { code, message })).toMatchObject({
    from: 14,
    to: 18,
    suggestion: 'rides',
  })
})

test('a place at the end of the text, behind it, or none', () => {
  const at = (message: string) => markOfError('SELECT', { code, message })
  expect(at('line 1:7: syntax error at end of input')).toMatchObject({ from: 6, to: 6 })
  expect(at('line 9:1: never')).toBeUndefined()
  expect(at('the query needs more memory than it may use')).toBeUndefined()
})
