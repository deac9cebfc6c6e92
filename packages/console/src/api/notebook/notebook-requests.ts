/** What callers of the notebook's pages send, checked member by member. Errors: VALUE_MISSING, VALUE_INVALID. */
import { AdminProblem, type AdminRequest } from '@millrace/gateway'
import type { CellDialect, CheckRequest } from '../../protocol/notebook.ts'
import type { CellJob } from './notebook-host.ts'
import { cellsMax, cellTextMax } from './notebook-text.ts'

type Body = AdminRequest['body']

export const rowsDefault = 1_000
export const rowsMax = 10_000
const dialects: readonly CellDialect[] = ['flink', 'kda', 'lake', 'markdown']
/** Of the cells above: they are bound at each check. */
const beforeMax = 1_000_000

export function checkRequest(body: Body): CheckRequest {
  const dialect = dialects.find((each) => each === body.dialect)
  if (dialect === undefined)
    throw new AdminProblem('VALUE_INVALID', `"dialect" has to be one of ${dialects.join(', ')}.`)
  const { text, before = [] } = body
  if (typeof text !== 'string' || text.length > cellTextMax)
    throw new AdminProblem('VALUE_INVALID', `"text" has to be a text of at most ${cellTextMax} characters.`)
  const isList =
    Array.isArray(before) && before.length <= cellsMax && before.every((each) => typeof each === 'string')
  if (!isList || before.join('').length > beforeMax)
    throw new AdminProblem(
      'VALUE_INVALID',
      `"before" has to be a list of at most ${cellsMax} texts with ${beforeMax} characters together.`,
    )
  return { dialect, text, before }
}

export function runRequest(body: Body): {
  readonly session: string
  readonly cell: string
  readonly job: CellJob
} {
  const cell = needed('cell', body.cell)
  if (!/^[A-Za-z0-9-]{1,64}$/.test(cell))
    throw new AdminProblem('VALUE_INVALID', '"cell" has to be 1 to 64 letters, digits and dashes.')
  const { rows = rowsDefault, from = 'earliest' } = body
  if (!(Number.isInteger(rows) && Number(rows) >= 1 && Number(rows) <= rowsMax))
    throw new AdminProblem('VALUE_INVALID', `"rows" has to be 1 to ${rowsMax}.`)
  if (from !== 'earliest' && from !== 'latest')
    throw new AdminProblem('VALUE_INVALID', '"from" has to be earliest or latest.')
  return { session: sessionOf(body.session), cell, job: { ...checkRequest(body), rows: Number(rows), from } }
}

/** Chosen by the page at random: who knows it may see the results. */
export function sessionOf(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z0-9]{16,64}$/.test(value)) return value
  throw new AdminProblem('VALUE_INVALID', '"session" has to be 16 to 64 letters and digits.')
}

export function needed(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new AdminProblem('VALUE_MISSING', `"${name}" is needed, as a text.`)
}

export function optional(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new AdminProblem('VALUE_INVALID', `"${name}" has to be a text.`)
}
