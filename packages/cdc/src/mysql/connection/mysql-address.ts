/**
 * The address of a MySQL or MariaDB: `mysql://user:password@host:3306/database?sslmode=verify-full&sslrootcert=ca.pem`. Messages never
 * hold the text of an address, since it has a password in it.
 */
import { isIP } from 'node:net'
import { didYouMean } from '@millrace/values'
import { CdcError } from '../../errors.ts'

/**
 * `prefer`: TLS where the server offers it, unverified, as MySQL's own clients do; on loopback none. `require`: TLS, unverified.
 * `verify-ca`: the certificate must come from a trusted authority. `verify-full`: and name the host.
 */
export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

export interface MysqlAddress {
  readonly scheme: 'mysql' | 'mariadb'
  readonly host: string
  readonly port: number
  /** Of a Unix socket, in place of host and port. */
  readonly socket: string | undefined
  readonly user: string
  readonly password: string
  /** Empty: none. */
  readonly database: string
  readonly tls: TlsMode
  /** Paths of PEM files. */
  readonly rootCert: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

const tlsModes: readonly TlsMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']
const parameters = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'socket']
const form =
  'Write mysql://user:password@host:3306/ with special characters percent-encoded (@ is %40, / is %2F, # is %23)'

/** Error: CDC_URL. */
export function parseMysqlUrl(text: string): MysqlAddress {
  const url = readUrl(text)
  const scheme = url.protocol === 'mysql:' ? 'mysql' : 'mariadb'
  for (const name of url.searchParams.keys()) {
    if (!parameters.includes(name)) {
      throw refused(
        `has the parameter "${name}". ${didYouMean(name, parameters)}Known are ${parameters.join(', ')}`,
      )
    }
  }
  const socket = url.searchParams.get('socket') ?? undefined
  const host = decode(url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname, 'host')
  if (host === '' && socket === undefined) throw refused(`names no host. ${form}`)
  const user = decode(url.username, 'user')
  if (user === '') throw refused(`names no user. ${form}`)
  return {
    scheme,
    host: host === '' ? 'localhost' : host,
    port: url.port === '' ? 3306 : Number(url.port),
    socket,
    user,
    password: decode(url.password, 'password'),
    database: decode(url.pathname.slice(1), 'database'),
    ...readTls(url.searchParams, socket !== undefined || isLoopback(host)),
  }
}

/** `mysql://host:3306`: what may be shown. */
export function addressName({ scheme, host, port, socket }: MysqlAddress): string {
  if (socket !== undefined) return `${scheme}://${host}?socket=${socket}`
  return `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

function readTls(query: URLSearchParams, isLocal: boolean) {
  const [rootCert, cert, key] = ['sslrootcert', 'sslcert', 'sslkey'].map(
    (name) => query.get(name) ?? undefined,
  )
  const mode = query.get('sslmode') ?? undefined
  const tls = tlsModes.find((known) => known === mode)
  if (mode !== undefined && tls === undefined) {
    throw refused(`has sslmode=${mode}. ${didYouMean(mode, tlsModes)}Known are ${tlsModes.join(', ')}`)
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw refused('has only one of sslcert and sslkey. Name both files, or none')
  }
  if (tls === 'disable' && (rootCert !== undefined || cert !== undefined)) {
    throw refused(
      'names certificates but has sslmode=disable. Write sslmode=verify-full, or leave the files out',
    )
  }
  // Who names an authority wants it asked.
  const implied =
    rootCert !== undefined ? 'verify-ca' : cert !== undefined ? 'require' : isLocal ? 'disable' : 'prefer'
  return { tls: tls ?? (implied satisfies TlsMode), rootCert, cert, key }
}

function readUrl(text: string): URL {
  // The parser's own error has the text in it, so it is not passed on as the cause.
  if (!/^(mysql|mariadb):\/\//.test(text)) {
    const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(text)?.[0]
    throw refused(`${scheme === undefined ? 'has no scheme' : `begins with "${scheme}:"`}. ${form}`)
  }
  if (!URL.canParse(text)) throw refused(`cannot be read. ${form}`)
  return new URL(text)
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refused(`has a % in its ${part} that begins no percent-encoded character. Write %25 for a % itself`)
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function refused(reason: string): CdcError {
  return new CdcError('CDC_URL', `The address of the MySQL or MariaDB ${reason}.`)
}
