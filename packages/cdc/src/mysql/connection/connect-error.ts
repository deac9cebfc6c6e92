/**
 * What a failed connection means for the user: who was asked, why it failed, what to do. Messages of servers and of the driver hold
 * accounts and hosts, never passwords, so they are quoted.
 */
import { CdcError } from '../../errors.ts'
import { addressName, type MysqlAddress } from './mysql-address.ts'

/** A CDC_CONNECT that says whether asking again may help. */
export class MysqlConnectError extends CdcError {
  /** The server is there and refuses the account, or its certificate is not trusted: waiting does not mend it. */
  readonly isRefused: boolean

  constructor(message: string, options: { readonly cause: unknown; readonly isRefused: boolean }) {
    super('CDC_CONNECT', message, { cause: options.cause })
    this.isRefused = options.isRefused
  }
}

/** As a `CdcError` with the code CDC_CONNECT: `isRefused` where only a change of account, address or certificate helps. */
export function connectError(address: MysqlAddress, cause: unknown): MysqlConnectError {
  const code = errorCode(cause)
  const known = hints[code]
  const next = known?.next(address) ?? 'Look whether the server runs and can be reached from here'
  const reason = cause instanceof Error ? cause.message : String(cause)
  const text = code !== '' && !reason.includes(code) ? `${code}: ${reason}` : reason
  return new MysqlConnectError(`${addressName(address)} could not be reached: ${endless(text)}. ${next}.`, {
    cause,
    isRefused: known?.isRefused ?? false,
  })
}

/** The code of an error of the driver, the server or Node, else ''. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

interface Hint {
  readonly isRefused: boolean
  readonly next: (address: MysqlAddress) => string
}

const account: Hint = {
  isRefused: true,
  next: ({ user }) =>
    `Check the user "${user}" and the password of the address, and from which hosts the account may come`,
}
const certificate: Hint = {
  isRefused: true,
  next: ({ rootCert }) =>
    rootCert === undefined
      ? 'Name the authority that signed the certificate by sslrootcert=FILE, or sslmode=require to take any certificate'
      : `Check that ${rootCert} holds the authority that signed the certificate, and that it names the host`,
}
const busy: Hint = {
  isRefused: false,
  next: () => 'The server takes no more connections now: raise max_connections, or close some',
}

const hints: { readonly [code: string]: Hint } = {
  ER_ACCESS_DENIED_ERROR: account,
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: account,
  ER_DBACCESS_DENIED_ERROR: {
    isRefused: true,
    next: ({ database }) =>
      `The account may not use the database "${database}": leave it out of the address, or grant it`,
  },
  ER_BAD_DB_ERROR: {
    isRefused: true,
    next: ({ database }) =>
      `Leave the database "${database}" out of the address: tables are named schema.table`,
  },
  ER_HOST_NOT_PRIVILEGED: {
    isRefused: true,
    next: ({ user }) =>
      `Let the account come from this machine: CREATE USER '${user}'@'%' ..., or a narrower host`,
  },
  ER_HOST_IS_BLOCKED: { isRefused: true, next: () => 'Unblock this machine on the server: FLUSH HOSTS' },
  ER_ACCOUNT_HAS_BEEN_LOCKED: {
    isRefused: true,
    next: ({ user }) => `Unlock the account: ALTER USER '${user}' ACCOUNT UNLOCK`,
  },
  ER_MUST_CHANGE_PASSWORD: { isRefused: true, next: () => 'The password has expired: set another' },
  ER_MUST_CHANGE_PASSWORD_LOGIN: { isRefused: true, next: () => 'The password has expired: set another' },
  AUTH_SWITCH_PLUGIN_ERROR: {
    isRefused: true,
    next: () => 'Give the account a common way to sign in: caching_sha2_password or mysql_native_password',
  },
  HANDSHAKE_NO_SSL_SUPPORT: {
    isRefused: true,
    next: () => 'The server offers no TLS: give it a certificate, or write sslmode=disable',
  },
  ER_SECURE_TRANSPORT_REQUIRED: {
    isRefused: true,
    next: () => 'The server takes no connections without TLS: write sslmode=require or verify-full',
  },
  HANDSHAKE_SSL_ERROR: certificate,
  ER_CON_COUNT_ERROR: busy,
  ER_TOO_MANY_USER_CONNECTIONS: busy,
  ER_USER_LIMIT_REACHED: busy,
  ENOTFOUND: {
    isRefused: false,
    next: ({ host }) => `No machine is called "${host}": check the host of the address`,
  },
  EAI_AGAIN: { isRefused: false, next: () => 'The name service does not answer: check the network' },
  ECONNREFUSED: {
    isRefused: false,
    next: ({ port }) =>
      `Nothing listens there: check port ${port}, and whether the server listens for other machines`,
  },
  ETIMEDOUT: {
    isRefused: false,
    next: () => 'Nothing answered in time: check firewalls between here and there',
  },
  ENOENT: {
    isRefused: false,
    next: () => 'The socket does not exist: check its path, and whether the server runs',
  },
}

/** Without the full stop that some messages end in. */
function endless(text: string): string {
  return text.replace(/[.\s]+$/, '')
}
