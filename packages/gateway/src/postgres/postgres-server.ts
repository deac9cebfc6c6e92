/**
 * SQL over the lake for clients of Postgres: psql, drivers, BI tools. Protocol 3.0, reading only. Loopback unless told otherwise; who
 * may come in, and what they may read, is decided by the gateway's access keys: the user is a key's id, the password its secret, which
 * is proved by SCRAM-SHA-256 and never sent. Where the gateway does not verify signatures, it does not ask for a password here either.
 */
import { createServer, type Server } from 'node:net'
import { createSecureContext } from 'node:tls'
import { Turns } from '@millrace/lake'
import type { Clock } from '@millrace/values'
import { type ConnectionServices, PostgresConnection } from './postgres-connection.ts'
import { defaultPostgresLimits, type PostgresAuth, type PostgresLimits } from './postgres-port.ts'
import type { SessionPlaces } from './session-places.ts'

export interface PostgresServerOptions {
  readonly places: SessionPlaces
  readonly auth: PostgresAuth
  readonly clock: Clock
  readonly limits?: Partial<PostgresLimits>
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

export interface PostgresServer {
  /** The caller listens on it. */
  readonly server: Server
  /** Refuses new clients, ends the statements that run, and closes. */
  close(): Promise<void>
}

export function makePostgresServer(options: PostgresServerOptions): PostgresServer {
  const { places, auth, clock, tls } = options
  const limits = { ...defaultPostgresLimits, ...options.limits }
  const connections = new Map<PostgresConnection, Promise<void>>()
  const statements = new Map<number, { readonly secret: number; readonly cancel: () => void }>()
  const services: ConnectionServices = {
    auth,
    places,
    clock,
    limits,
    turns: new Turns({ atOnce: 4, waitingMax: limits.connectionsMax, clock }),
    tls: tls === undefined ? undefined : createSecureContext(tls),
    register(id, secret, cancel) {
      statements.set(id, { secret, cancel })
      return () => statements.delete(id)
    },
    cancel(id, secret) {
      const statement = statements.get(id)
      if (statement?.secret === secret) statement.cancel()
    },
  }
  const server = createServer(
    { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 },
    (socket) => {
      const connection = new PostgresConnection(socket, services)
      if (connections.size >= limits.connectionsMax)
        connection.end('53300', `sorry, too many clients already: ${limits.connectionsMax} are allowed`)
      const served = connection.serve().finally(() => connections.delete(connection))
      connections.set(connection, served)
    },
  )
  const closing = new AbortController()
  const sweeping = sweep()
  return {
    server,
    async close() {
      closing.abort()
      server.close()
      for (const connection of connections.keys())
        connection.end('57P01', 'terminating connection: the server is closing')
      await Promise.all([...connections.values(), sweeping])
    },
  }

  async function sweep(): Promise<void> {
    while (!closing.signal.aborted) {
      await clock.sleep(limits.sweepMs, closing.signal)
      const now = clock.now()
      for (const connection of connections.keys()) {
        if (connection.stalledAt !== undefined && now - connection.stalledAt > limits.stalledMs) {
          connection.abandon()
          continue
        }
        if (connection.isWorking && connection.isStarted) continue
        if (now - connection.heardAt > limits.portalMs) connection.closePortals()
        const allowedMs = connection.isStarted ? limits.idleMs : limits.startupMs
        if (now - connection.heardAt > allowedMs)
          connection.end('57P05', `terminating connection: nothing came for ${allowedMs / 1000} s`)
      }
    }
  }
}
