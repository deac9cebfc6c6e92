/** What went wrong with a statement, under a SQLSTATE (PostgreSQL documentation, appendix A). */
import type { ErrorFields } from './backend-messages.ts'

export class SqlFault extends Error {
  readonly state: string
  readonly hint: string | undefined
  /** In the statement, from 1. */
  readonly position: number | undefined

  constructor(state: string, message: string, hint?: string, position?: number) {
    super(message)
    this.state = state
    this.hint = hint
    this.position = position
  }

  /** `start`: where the statement begins in what the client sent. */
  static of(error: unknown, start: number): SqlFault {
    if (error instanceof SqlFault) return error
    const message = error instanceof Error ? error.message : String(error)
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const place =
      error instanceof Error && 'position' in error && typeof error.position === 'number'
        ? error.position
        : undefined
    const position = place === undefined ? undefined : start + place + 1
    return new SqlFault(stateOf(code, message), message, undefined, position)
  }
}

export function errorFields({ state, message, hint, position }: SqlFault): ErrorFields {
  return {
    severity: 'ERROR',
    state,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(position === undefined ? {} : { position }),
  }
}

function stateOf(code: string, message: string): string {
  switch (code) {
    case 'LAKE_QUERY_LIMIT':
      return /memory/i.test(message) ? '53200' : '57014'
    case 'LAKE_QUERY_REFUSED':
      return /allowed|statements? that read/i.test(message) ? '25006' : '42501'
    case 'LAKE_QUERY_INVALID':
      break
    default:
      // DuckDB's own words, of questions about the catalog, begin with the kind of error.
      if (!/^[A-Z][A-Za-z ]+ Error:/.test(message)) return 'XX000'
  }
  if (/(table|view).*does not exist|there is no (table|database)/i.test(message)) return '42P01'
  if (/column .*not found|referenced column/i.test(message)) return '42703'
  if (/function.*does not exist/i.test(message)) return '42883'
  if (/could not convert|is no [A-Z]/i.test(message)) return '22P02'
  return '42601'
}
