/** What an error of the server or of the way to it means for who met it. Messages are the server's, which never hold a password. */
import { CdcError } from '../../errors.ts'

/** As both pg and our own reading of the wire give it. */
export interface ServerError extends Error {
  /** SQLSTATE, or what Node says of a socket: `ECONNREFUSED`. */
  readonly code?: string
  readonly detail?: string
  readonly hint?: string
}

/** The connection went away, or was never there: another may come to stand. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'
}

export function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/**
 * Whether the same may succeed later without anybody's doing: connections lost and refused (08, Node's own codes), shutdown and
 * start (57P01 to 57P04), all connections taken (53), disk and memory full (53), a slot that its last reader still holds (55006).
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true
  const code = sqlState(error)
  if (code === undefined) return error instanceof Error && passingMessages.test(error.message)
  return /^(08|53|57P0|58030|55006|40001|40P01)/.test(code) || /^E[A-Z]+$/.test(code)
}

/** pg gives its own errors no code. */
const passingMessages = /^(Connection terminated|timeout expired|Client has encountered a connection error)/i

/** For messages: one line, with the server's detail and hint. */
export function serverText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { detail, hint } = error as ServerError
  const parts = [error.message, detail, hint].filter((part) => part !== undefined && part !== '')
  return parts.map((part) => String(part).trim().replace(/\s+/g, ' ').replace(/\.$/, '')).join('; ')
}

/** A question to the database that failed: what is no error of ours yet becomes one that says what was to be done. */
export async function answered<T>(name: string, doing: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof CdcError) throw error
    throw new CdcError('CDC_CONNECT', `${name} failed ${doing}: ${serverText(error)}.`, { cause: error })
  }
}

/** A connection that could not be made. */
export function connectError(name: string, error: unknown): CdcError {
  return new CdcError('CDC_CONNECT', `${name} ${reason(error)}.`, { cause: error })
}

function reason(error: unknown): string {
  const text = serverText(error)
  switch (sqlState(error)) {
    case '28P01':
    case '28000':
      return `refused the account: ${text}. Check user and password in the URL, and pg_hba.conf of the server`
    case '3D000':
      return `has no such database: ${text}. The URL names it behind the port: postgres://user@host:5432/database`
    case 'ECONNREFUSED':
      return 'cannot be reached: nothing listens there. Check host and port, and that the server runs'
    case 'ENOTFOUND':
      return 'cannot be reached: the host has no address'
    default:
      return /SSL|certificate/i.test(text)
        ? `could not be reached by TLS: ${text}. See sslmode and sslrootcert of the URL`
        : `could not be reached: ${text}`
  }
}
