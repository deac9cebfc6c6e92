/**
 * One connection to a MySQL or MariaDB, its session set so that every value comes as exact text whatever the server's defaults are:
 * times in UTC, text as utf8mb4, no sql_mode that changes how statements are read or values are shown. Values are the bytes that the
 * server sent; who reads rows of a table decodes them by the column's type.
 *
 * Statements follow each other, one at a time. When the connection is lost, or `signal` aborts, the running statement rejects and the
 * session is over: open another.
 */
import { readFile } from 'node:fs/promises'
import type { Connection, ConnectionOptions, ResultSetHeader, SslOptions } from 'mysql2'
import { CdcError } from '../../errors.ts'
import { connectError, errorCode } from './connect-error.ts'
import type { MysqlAddress } from './mysql-address.ts'
import { loadMysqlDriver } from './mysql-driver.ts'

/** A value of a placeholder `?`. Bytes go as a binary literal. */
export type SqlValue = null | string | number | bigint | boolean | Uint8Array

/** As the server sent it, in its text protocol. */
export type RawRow = readonly (Buffer | null)[]

export interface SessionOptions {
  /** Default 10,000. */
  readonly connectTimeoutMs?: number
  /** Default '': nothing is refused or read otherwise. Sinks write with a strict one. */
  readonly sqlMode?: string
  /** For the message when the driver is missing: 'A MySQL sink'. */
  readonly user?: string
}

/** Error: CDC_CONNECT, CDC_DRIVER_MISSING; the signal's reason when it aborts. */
export async function openMysqlSession(
  address: MysqlAddress,
  signal: AbortSignal,
  options: SessionOptions = {},
): Promise<MysqlSession> {
  const connection = await connectMysql(address, signal, options)
  const session = new MysqlSession(connection, address)
  try {
    await session.run(
      `SET NAMES utf8mb4, SESSION time_zone = '+00:00', SESSION sql_mode = '${options.sqlMode ?? ''}', SESSION autocommit = 1,
       SESSION sql_select_limit = DEFAULT, SESSION net_write_timeout = 600`,
      [],
      signal,
    )
  } catch (cause) {
    session.destroy()
    throw cause
  }
  return session
}

/** Signed in, nothing set: for readers of the log, which set what they need. */
export async function connectMysql(
  address: MysqlAddress,
  signal: AbortSignal,
  options: SessionOptions = {},
): Promise<Connection> {
  signal.throwIfAborted()
  const driver = await loadMysqlDriver(options.user)
  const ssl = await readCertificates(address)
  const settings = connectionSettings(address, options)
  try {
    return await signIn(
      driver.createConnection({ ...settings, ...(ssl === undefined ? {} : { ssl }) }),
      signal,
    )
  } catch (cause) {
    signal.throwIfAborted()
    const isPlainServer = errorCode(cause) === 'HANDSHAKE_NO_SSL_SUPPORT' && address.tls === 'prefer'
    if (!isPlainServer) throw connectError(address, cause)
  }
  try {
    return await signIn(driver.createConnection(settings), signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw connectError(address, cause)
  }
}

export class MysqlSession implements AsyncDisposable {
  readonly connection: Connection
  readonly address: MysqlAddress
  #isOver = false

  constructor(connection: Connection, address: MysqlAddress) {
    this.connection = connection
    this.address = address
    connection.on('error', () => {
      this.#isOver = true
    })
    connection.on('end', () => {
      this.#isOver = true
    })
  }

  /** The connection was lost or closed. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Rows as the server sent them. */
  async rows(
    sql: string,
    values: readonly SqlValue[] = [],
    signal?: AbortSignal,
  ): Promise<readonly RawRow[]> {
    const rows = await this.#query(sql, values, signal)
    // With `rowsAsArray` and without casts the driver gives arrays of buffers, or a header where there is no result set.
    return Array.isArray(rows) ? (rows as unknown as RawRow[]) : []
  }

  /** Rows of texts. */
  async texts(
    sql: string,
    values: readonly SqlValue[] = [],
    signal?: AbortSignal,
  ): Promise<readonly (readonly (string | null)[])[]> {
    const rows = await this.rows(sql, values, signal)
    return rows.map((row) => row.map((cell) => (cell === null ? null : cell.toString('utf8'))))
  }

  /** Rows by the names of their columns, in lower case: for SHOW statements, whose columns differ between servers. */
  async named(
    sql: string,
    values: readonly SqlValue[] = [],
    signal?: AbortSignal,
  ): Promise<readonly ReadonlyMap<string, string | null>[]> {
    let names: readonly string[] = []
    const rows = await this.#query(sql, values, signal, (columns) => {
      names = columns
    })
    if (!Array.isArray(rows)) return []
    return (rows as unknown as RawRow[]).map(
      (row) => new Map(row.map((cell, i) => [names[i]!.toLowerCase(), cell?.toString('utf8') ?? null])),
    )
  }

  /** A statement without rows. */
  async run(sql: string, values: readonly SqlValue[] = [], signal?: AbortSignal): Promise<ResultSetHeader> {
    const result = await this.#query(sql, values, signal)
    // A statement without a result set answers with a header; its type in the driver is a union over all statements.
    return result as ResultSetHeader
  }

  /**
   * Rows one by one, without keeping them: `take` is called while they arrive and must copy what it keeps. Resolves after the last one.
   */
  async each(
    sql: string,
    values: readonly SqlValue[],
    take: (row: RawRow) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#guarded(signal, (resolve, reject) => {
      const query = this.connection.query({
        sql,
        values: values.map(driverValue),
        rowsAsArray: true,
        typeCast: false,
      })
      query.on('error', reject)
      query.on('result', (row) => {
        try {
          // As in `rows`.
          take(row as unknown as RawRow)
        } catch (error) {
          reject(error)
        }
      })
      query.on('end', () => resolve(undefined))
    })
  }

  /** Says goodbye to the server. */
  async close(): Promise<void> {
    if (this.#isOver) return this.destroy()
    this.#isOver = true
    await new Promise<void>((resolve) => {
      this.connection.once('end', () => resolve())
      this.connection.once('error', () => resolve())
      this.connection.end(() => resolve())
    })
  }

  /** Ends the connection at once, also in the middle of a statement. */
  destroy(): void {
    this.#isOver = true
    cutConnection(this.connection)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #query(
    sql: string,
    values: readonly SqlValue[],
    signal: AbortSignal | undefined,
    seeColumns?: (names: readonly string[]) => void,
  ): Promise<unknown> {
    return this.#guarded(signal, (resolve, reject) => {
      this.connection.query(
        { sql, values: values.map(driverValue), rowsAsArray: true, typeCast: false },
        (error, rows, fields) => {
          if (error !== null) return reject(error)
          seeColumns?.((fields ?? []).map((field) => field.name))
          resolve(rows)
        },
      )
    })
  }

  /** The driver forgets what runs when a connection is cut from this side, so the waiting is ended here. */
  #guarded(
    signal: AbortSignal | undefined,
    start: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      if (this.#isOver)
        return reject(new CdcError('CDC_CONNECT', 'The connection to the database is closed.'))
      const abort = () => {
        this.destroy()
        end(() => reject(signal?.reason))
      }
      const lose = () =>
        end(() => reject(new CdcError('CDC_CONNECT', 'The connection to the database was closed.')))
      const end = (settle: () => void) => {
        signal?.removeEventListener('abort', abort)
        this.connection.removeListener('end', lose)
        settle()
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.connection.once('end', lose)
      start(
        (value) => end(() => resolve(value)),
        (error) => end(() => reject(error)),
      )
    })
  }
}

/** Ends a connection of the driver at once; what runs on it never answers. */
export function cutConnection(connection: Connection): void {
  connection.destroy()
  // The driver's `destroy` still waits for the other side; its stream is public in its JavaScript, not in its types.
  const { stream } = connection as unknown as { stream?: { destroy(): void } }
  stream?.destroy()
}

/** Whether a statement failed because the connection is gone or the server is going down, so that another connection may help. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof Error && 'fatal' in error && error.fatal === true) return true
  return lostCodes.has(errorCode(error))
}

const lostCodes: ReadonlySet<string> = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_CONNECTION_KILLED',
  'ER_CLIENT_INTERACTION_TIMEOUT',
  'CDC_CONNECT',
])

function connectionSettings(address: MysqlAddress, options: SessionOptions): ConnectionOptions {
  const { host, port, socket, user, password, database } = address
  return {
    ...(socket === undefined ? { host, port } : { socketPath: socket }),
    user,
    password,
    ...(database === '' ? {} : { database }),
    charset: 'utf8mb4',
    connectTimeout: options.connectTimeoutMs ?? 10_000,
    // The server must not be able to ask for files of this machine.
    flags: ['-LOCAL_FILES'],
    trace: false,
    connectAttributes: { program_name: 'millrace' },
  }
}

/** Files are read at every connection, so that renewed certificates are taken. Error: CDC_URL. */
async function readCertificates(address: MysqlAddress): Promise<SslOptions | undefined> {
  const { tls, rootCert, cert, key } = address
  if (tls === 'disable') return undefined
  const isVerified = tls === 'verify-ca' || tls === 'verify-full'
  return {
    rejectUnauthorized: isVerified,
    verifyIdentity: tls === 'verify-full',
    ...(rootCert === undefined ? {} : { ca: await readPem(rootCert, 'sslrootcert') }),
    ...(cert === undefined ? {} : { cert: await readPem(cert, 'sslcert') }),
    ...(key === undefined ? {} : { key: await readPem(key, 'sslkey') }),
  }
}

async function readPem(path: string, parameter: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const message = `The file ${path} of the address's ${parameter} cannot be read (${errorCode(cause)}). Name a PEM file.`
    throw new CdcError('CDC_URL', message, { cause })
  }
}

function signIn(connection: Connection, signal: AbortSignal): Promise<Connection> {
  return new Promise((resolve, reject) => {
    // Later errors belong to who uses the connection; without a listener they would end the process.
    connection.on('error', () => {})
    const abort = () => {
      cutConnection(connection)
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    connection.connect((error) => {
      signal.removeEventListener('abort', abort)
      if (error === null || error === undefined) return resolve(connection)
      cutConnection(connection)
      reject(error)
    })
  })
}

/** The driver writes buffers as `X'...'`; other byte arrays it would write as objects. Bigints it writes as digits without quotes. */
function driverValue(value: SqlValue): unknown {
  if (!(value instanceof Uint8Array)) return value
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
