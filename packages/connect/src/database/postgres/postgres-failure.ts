/** What Postgres' errors mean for a batch, by their SQLSTATE (its appendix "PostgreSQL Error Codes"). */
import type { Failure } from '../sql-dialect.ts'

/** Connections lost and refused, rollbacks by deadlock and serialization, resources, locks, shutdown, a server that only reads. */
const passing = /^(08|40|53|55P03|55006|57|58|25006|XX000$)/
/** Data, integrity, checks of views, `RAISE`, limits of a row; more than one row of a statement under one key. */
const data = /^(21000|22|23|44|54000|54011|P0001|428C9)/
const changed = new Set(['42P01', '42703', '42P10', '0A000'])
/** pg's own errors have no code. */
const lost =
  /^(Connection terminated|Client has encountered a connection error|timeout expired|The server closed|Client was closed)/i

export function postgresFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: 'other', code: 'Error', message: String(error) }
  // What the driver adds to its errors; each is looked at.
  const { code, detail, cause } = error as Error & { readonly [name: string]: unknown }
  // A connection that could not be made: why, says its cause.
  if (code === 'CDC_CONNECT') {
    const reason = cause === undefined ? undefined : postgresFailure(cause)
    const isRefused =
      reason !== undefined && /^(28|3D|42|CERT|SELF_SIGNED|UNABLE_TO|DEPTH_ZERO)/.test(reason.code)
    return { kind: isRefused ? 'other' : 'passing', code, message: error.message }
  }
  const message =
    typeof detail === 'string' && detail !== ''
      ? `${error.message} (${detail.replace(/\.$/, '')})`
      : error.message
  if (typeof code !== 'string') {
    return { kind: lost.test(error.message) ? 'passing' : 'other', code: error.name, message }
  }
  return { kind: kindOf(code), code, message }
}

function kindOf(code: string): Failure['kind'] {
  if (code === '23503') return 'reference'
  if (changed.has(code)) return 'changed'
  if (passing.test(code) || /^E[A-Z]{3,}$/.test(code)) return 'passing'
  return data.test(code) ? 'data' : 'other'
}
