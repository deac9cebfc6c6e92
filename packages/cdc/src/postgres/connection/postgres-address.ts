/**
 * Where a Postgres is and how to log in, read from a URL as libpq writes them:
 * `postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=/etc/ca.pem`. Messages name the part that is wrong and never
 * repeat the URL, which holds a password. Variables of the environment (PGHOST, PGPASSWORD, ...) and ~/.pgpass are not read:
 * what an app says is all there is.
 */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { didYouMean } from '@millrace/values'
import { CdcError } from '../../errors.ts'

export interface PostgresAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** False: none. `prefer`: TLS where the server has it, without looking at its certificate. */
  readonly tls: false | 'prefer' | ConnectionOptions
  readonly applicationName: string
  readonly connectTimeoutMs: number | undefined
  /** `postgres://host:5432/database`: for messages. */
  readonly name: string
}

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
type SslMode = (typeof sslModes)[number]

const parameters = [
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'host',
  'application_name',
  'connect_timeout',
]

export function parsePostgresAddress(text: string): PostgresAddress {
  const url = parseUrl(text)
  for (const name of url.searchParams.keys()) {
    if (parameters.includes(name)) continue
    throw urlError(
      `its parameter "${name}" is unknown. ${didYouMean(name, parameters)}Known are ${parameters.join(', ')}`,
    )
  }
  const user = decoded(url.username, 'the user')
  if (user === '') throw urlError('it names no user')
  const database = decoded(url.pathname.slice(1), 'the database')
  const host =
    url.searchParams.get('host') ?? (decoded(url.hostname, 'the host').replace(/^\[|\]$/g, '') || 'localhost')
  const port = url.port === '' ? 5432 : Number(url.port)
  return {
    host,
    port,
    user,
    password: decoded(url.password, 'the password'),
    database: database === '' ? user : database,
    tls: tlsOf(url.searchParams, host),
    applicationName: url.searchParams.get('application_name') ?? 'millrace',
    connectTimeoutMs: timeoutOf(url.searchParams.get('connect_timeout')),
    name: `postgres://${isIP(host) === 6 ? `[${host}]` : host}:${port}/${database === '' ? user : database}`,
  }
}

function parseUrl(text: string): URL {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    // Without the cause: it repeats the URL.
    throw urlError(
      'it is no URL; write special characters of the password percent-encoded, such as %40 for @',
    )
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw urlError(`it begins with ${url.protocol}//`)
  }
  return url
}

function decoded(part: string, what: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw urlError(`${what} has a % that begins no percent-encoded byte; write % as %25`)
  }
}

function timeoutOf(text: string | null): number | undefined {
  if (text === null) return undefined
  const seconds = Number(text)
  if (!/^\d+$/.test(text)) {
    throw urlError(`connect_timeout is ${JSON.stringify(text)}; allowed are whole seconds`)
  }
  return seconds === 0 ? undefined : seconds * 1000
}

function tlsOf(query: URLSearchParams, host: string): PostgresAddress['tls'] {
  const isLocal = host.startsWith('/') || host === 'localhost' || host === '::1' || host.startsWith('127.')
  const mode =
    query.get('sslmode') ?? (query.has('sslrootcert') ? 'verify-ca' : isLocal ? 'disable' : 'prefer')
  // includes() of the constant tuple takes only its members.
  if (!sslModes.includes(mode as SslMode)) {
    throw urlError(`sslmode is ${JSON.stringify(mode)}; allowed are ${sslModes.join(', ')}`)
  }
  if (mode === 'disable' || host.startsWith('/')) return false
  const ca = fileOf(query, 'sslrootcert')
  if (ca === undefined && (mode === 'allow' || mode === 'prefer')) return 'prefer'
  const [cert, key] = [fileOf(query, 'sslcert'), fileOf(query, 'sslkey')]
  if ((cert === undefined) !== (key === undefined)) {
    throw urlError('sslcert and sslkey belong together, but one is missing')
  }
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { cert, key }),
    // As in libpq, `require` with a root certificate checks it.
    rejectUnauthorized: mode === 'verify-full' || mode === 'verify-ca' || ca !== undefined,
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
  }
}

function fileOf(query: URLSearchParams, name: string): string | undefined {
  const path = query.get(name)
  if (path === null) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CdcError('CDC_URL', `file ${path} of ${name} cannot be read: ${String(cause)}.`, { cause })
  }
}

function urlError(problem: string): CdcError {
  return new CdcError(
    'CDC_URL',
    `the address of the Postgres cannot be used: ${problem}. It looks like postgres://user:password@host:5432/database?sslmode=verify-full.`,
  )
}
