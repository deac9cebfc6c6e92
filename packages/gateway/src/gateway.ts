/**
 * A running gateway: sockets in front of wire services. Loopback by default; authentication may be switched off there and
 * nowhere else. Failures of its start are GatewayErrors; what a client does wrong never reaches the caller of startGateway.
 */
import { createServer, isIPv4, isIPv6, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { defaultDatabase } from '@millrace/lake'
import { type Clock, systemClock } from '@millrace/values'
import type { AccessKey } from './auth/access-key.ts'
import { Authenticator, type AuthMode } from './auth/authenticator.ts'
import { KeyRing } from './auth/key-ring.ts'
import { GatewayError } from './errors.ts'
import { Connections } from './http/connections.ts'
import { Dispatcher, type GatewayFailure } from './http/dispatcher.ts'
import { defaultHttpLimits, type HttpLimits } from './http/http-limits.ts'
import { healthRoute, type Route, type RouteTree } from './http/routes.ts'
import { type Certificate, certificatePems } from './http/tls-certificate.ts'
import { keyAuth } from './postgres/key-auth.ts'
import type { PostgresLimits } from './postgres/postgres-port.ts'
import { makePostgresServer, type PostgresServer } from './postgres/postgres-server.ts'
import { type SessionPlaces, sessionPlaces } from './postgres/session-places.ts'
import { BrowserSessions } from './session/browser-sessions.ts'
import type { FormService } from './wire/form-service.ts'
import type { WireService } from './wire/wire-service.ts'

export interface GatewayOptions {
  readonly services: readonly WireService[]
  /** Pages by path, beside /healthz. */
  readonly routes?: ReadonlyMap<string, Route>
  /** Pages by the beginning of their path. */
  readonly trees?: readonly RouteTree[]
  /** Takes form-encoded requests that name no target. */
  readonly forms?: FormService
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Plaintext, HTTP/1.1 and HTTP/2. Default 4567; 0 takes a free one. */
  readonly port?: number
  /** A second port, with TLS. */
  readonly tls?: TlsOptions
  readonly auth?: AuthOptions
  /** SQL over the lake on a port of its own, under the certificate of `tls` where there is one. */
  readonly postgres?: PostgresOptions
  /** Where access keys and the self-signed certificate are. */
  readonly directory?: string
  readonly clock?: Clock
  readonly limits?: Partial<HttpLimits>
  /** How long calls in progress may take once the gateway closes. Default 10 s. */
  readonly drainMs?: number
  /** Faults of services and routes, and of the key file while the gateway runs. Default: they are dropped. */
  readonly onFailure?: (failure: GatewayFailure) => void
}

export interface TlsOptions {
  /** Default 4568; 0 takes a free one. */
  readonly port?: number
  readonly certificate: Certificate
}

export interface PostgresOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly lake: SessionPlaces['services']
  readonly limits?: Partial<PostgresLimits>
}

export interface AuthOptions {
  /**
   * verify: signatures are checked. lenient: they have to be there. off: nothing is asked for; only on loopback.
   * Default: on loopback lenient as long as there is no access key and verify from the first one on; elsewhere verify.
   */
  readonly mode?: AuthMode
  /** How far the clock of a client may be off. Default 5 minutes. */
  readonly clockSkewMs?: number
  /** Keys that hold beside those of the directory, for as long as the gateway runs: makeOwnKey. */
  readonly ownKeys?: readonly AccessKey[]
  /** Accept signatures that leave out the body. Default false. */
  readonly allowUnsignedPayload?: boolean
}

export interface Gateway {
  readonly url: string
  readonly tlsUrl: string | undefined
  /** For clients of Postgres: `postgres://127.0.0.1:5433/default`. */
  readonly postgresUrl: string | undefined
  /** How signatures are treated right now. */
  readonly authMode: AuthMode
  /** Stops accepting, lets the calls in progress finish, then closes. */
  close(): Promise<void>
}

export const defaultPort = 4567
export const defaultTlsPort = 4568
const defaultClockSkewMs = 5 * 60_000
const defaultDrainMs = 10_000
const handshakeTimeoutMs = 10_000
/** Lets the system find peers that vanished. */
const keepAliveDelayMs = 60_000

/** Errors: GATEWAY_PORT_TAKEN, _ADDRESS_INVALID, _OPTION_INVALID, _AUTH_REFUSED, _KEYS_INVALID, _TLS_INVALID. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host = '127.0.0.1', clock = systemClock, directory, onFailure = () => {} } = options
  const limits = checkLimits({ ...defaultHttpLimits, ...options.limits })
  const authenticator = makeAuthenticator(options, { host, clock })
  const routes = new Map([['/healthz', healthRoute], ...(options.routes ?? [])])
  const dispatcher = new Dispatcher({
    services: options.services,
    routes,
    trees: options.trees ?? [],
    forms: options.forms,
    authenticator,
    sessions: new BrowserSessions({ keys: authenticator, clock }),
    limits,
    clock,
    onFailure,
  })
  const pems =
    options.tls === undefined
      ? undefined
      : certificatePems(options.tls.certificate, { directory, host, clock })
  const connections = new Connections(dispatcher)

  const plain = createServer(socketOptions, (socket) => {
    if (connections.admit(socket)) connections.servePlain(socket)
  })
  const servers = [plain]
  let postgres: PostgresServer | undefined
  try {
    await listen(plain, host, options.port ?? defaultPort)
    let tls: Server | undefined
    if (options.tls !== undefined && pems !== undefined) {
      tls = makeTlsServer(connections, pems)
      servers.push(tls)
      await listen(tls, host, options.tls.port ?? defaultTlsPort)
    }
    if (options.postgres !== undefined) {
      postgres = makePostgresServer({
        places: sessionPlaces(options.postgres.lake),
        auth: keyAuth(authenticator),
        clock,
        ...(pems === undefined ? {} : { tls: pems }),
        ...(options.postgres.limits === undefined ? {} : { limits: options.postgres.limits }),
      })
      servers.push(postgres.server)
      await listen(postgres.server, host, options.postgres.port)
    }
    const postgresPlace = postgres === undefined ? undefined : urlOf('postgres', host, postgres.server)
    return {
      url: urlOf('http', host, plain),
      postgresUrl: postgresPlace === undefined ? undefined : `${postgresPlace}/${defaultDatabase}`,
      tlsUrl: tls === undefined ? undefined : urlOf('https', host, tls),
      get authMode() {
        return authenticator.mode
      },
      close: once(async () => {
        for (const server of servers) server.close()
        await Promise.all([connections.drain(options.drainMs ?? defaultDrainMs), postgres?.close()])
      }),
    }
  } catch (error) {
    for (const server of servers) server.close()
    await Promise.all([connections.drain(0), postgres?.close()])
    throw error
  }
}

// Half-open, because node:http expects its sockets so: it ends its side itself.
const socketOptions = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: keepAliveDelayMs,
}

function makeTlsServer(connections: Connections, pems: { cert: string; key: string }): Server {
  let server: ReturnType<typeof createTlsServer>
  try {
    server = createTlsServer({
      ...socketOptions,
      ...pems,
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: handshakeTimeoutMs,
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new GatewayError(
      'GATEWAY_TLS_INVALID',
      `certificate and key cannot be used: ${reason}. Give a certificate and the private key that belongs to it, both as PEM.`,
      {
        cause: error,
      },
    )
  }
  server.on('connection', (socket) => connections.admit(socket))
  server.on('secureConnection', (socket) => connections.serveTls(socket))
  // A handshake that fails is the client's business; the socket closes.
  server.on('tlsClientError', () => {})
  return server
}

function makeAuthenticator(
  { auth = {}, directory, onFailure }: GatewayOptions,
  { host, clock }: { host: string; clock: Clock },
): Authenticator {
  const isLocal = isLoopback(host)
  if (auth.mode !== undefined && auth.mode !== 'verify' && !isLocal) {
    throw new GatewayError(
      'GATEWAY_AUTH_REFUSED',
      `authentication cannot be ${auth.mode} on ${host}: whoever reaches it could do everything. ` +
        'Listen on 127.0.0.1, or create access keys and verify signatures.',
    )
  }
  const keys = new KeyRing({
    directory,
    clock,
    ...(auth.ownKeys === undefined ? {} : { own: auth.ownKeys }),
    onProblem: (error) => onFailure?.({ requestId: '', call: 'access keys', error }),
  })
  const mode = auth.mode ?? (isLocal ? undefined : 'verify')
  const { clockSkewMs = defaultClockSkewMs, allowUnsignedPayload = false } = auth
  return new Authenticator({ mode, keys, clock, clockSkewMs, allowUnsignedPayload })
}

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

function checkLimits(limits: HttpLimits): HttpLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!(value > 0)) {
      throw new GatewayError('GATEWAY_OPTION_INVALID', `limit ${name} is ${value}; it has to be above 0`)
    }
  }
  return limits
}

function listen(server: Server, host: string, port: number): Promise<void> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new GatewayError('GATEWAY_OPTION_INVALID', `port ${port} has to be a whole number from 0 to 65535`)
  }
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen({ host, port }, () => {
      // From here on an error concerns one connection that could not be accepted (too many open files, mostly).
      server.removeAllListeners('error')
      server.on('error', () => {})
      resolve()
    })
  })
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): GatewayError {
  if (error.code === 'EADDRINUSE') {
    return new GatewayError(
      'GATEWAY_PORT_TAKEN',
      `another process listens on ${host}:${port}. Stop it, or choose another port (0 takes a free one).`,
      { cause: error },
    )
  }
  return new GatewayError(
    'GATEWAY_ADDRESS_INVALID',
    `cannot listen on ${host}:${port}: ${error.message}. Name an address of this machine and a port that this user may open.`,
    { cause: error },
  )
}

function urlOf(scheme: string, host: string, server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('gateway invariant: no port is bound')
  // An address for all interfaces is none to connect to.
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${scheme}://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${address.port}`
}

function once(act: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= act()
    return running
  }
}
