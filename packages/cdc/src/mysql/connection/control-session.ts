/**
 * The session for questions about the server: one, opened when it is needed and again after it was lost. What is asked changes nothing, so
 * that a question may be repeated once on a new connection.
 */
import { connectError } from './connect-error.ts'
import type { MysqlServers } from './mysql-servers.ts'
import { isConnectionLost, type MysqlSession } from './mysql-session.ts'

export class ControlSession {
  readonly #servers: MysqlServers
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal
  #session: Promise<MysqlSession> | undefined

  constructor(servers: MysqlServers, signal: AbortSignal) {
    this.#servers = servers
    this.#signal = AbortSignal.any([signal, this.#closing.signal])
  }

  get signal(): AbortSignal {
    return this.#signal
  }

  async ask<T>(question: (session: MysqlSession) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const session = await this.#open()
      try {
        return await question(session)
      } catch (error) {
        if (this.#signal.aborted || !isConnectionLost(error)) throw error
        session.destroy()
        if (attempt === 2) throw connectError(session.address, error)
      }
    }
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined)
    this.#closing.abort()
    await session?.close()
  }

  async #open(): Promise<MysqlSession> {
    const open = await this.#session?.catch(() => undefined)
    if (open !== undefined && !open.isOver) return open
    this.#session = this.#servers.openSession(this.#signal)
    return this.#session
  }
}
