/**
 * The servers of one source: the address of the app and those that it fails over to. Every connection is tried in their order, so that
 * work goes back to the first one when it answers again. A server that refuses the account ends the search: another would hide a mistake.
 */
import type { Connection } from 'mysql2'
import { MysqlConnectError } from './connect-error.ts'
import { addressName, type MysqlAddress } from './mysql-address.ts'
import { connectMysql, type MysqlSession, openMysqlSession, type SessionOptions } from './mysql-session.ts'

export class MysqlServers {
  readonly #addresses: readonly MysqlAddress[]
  readonly #options: SessionOptions

  /** At least one address. */
  constructor(addresses: readonly MysqlAddress[], options: SessionOptions) {
    this.#addresses = addresses
    this.#options = options
  }

  get hasFailover(): boolean {
    return this.#addresses.length > 1
  }

  /** Of the first address: what may be shown. */
  get name(): string {
    return this.#addresses.map(addressName).join(', ')
  }

  /** Error: CDC_CONNECT of the first address when none answers. */
  openSession(signal: AbortSignal): Promise<MysqlSession> {
    return this.#first((address) => openMysqlSession(address, signal, this.#options))
  }

  /** Signed in, nothing set. Error: as `openSession`. */
  connect(signal: AbortSignal): Promise<Connection> {
    return this.#first((address) => connectMysql(address, signal, this.#options))
  }

  async #first<T>(open: (address: MysqlAddress) => Promise<T>): Promise<T> {
    let failure: unknown
    for (const address of this.#addresses) {
      try {
        return await open(address)
      } catch (error) {
        failure ??= error
        if (!(error instanceof MysqlConnectError) || error.isRefused) throw error
      }
    }
    throw failure
  }
}
