/**
 * Statements on the catalog: one connection, made when it is first needed and again after it was lost. All values are texts, as the
 * server writes them. Statements run one after another and have a time limit.
 */
import type { Client } from 'pg'
import { CdcError } from '../../errors.ts'
import type { PostgresAddress } from './postgres-address.ts'
import { connectPostgres } from './postgres-driver.ts'
import { isPassing, serverText, sqlState } from './postgres-error.ts'

export type SqlRow = { readonly [column: string]: string | null | undefined }

export interface SqlTimeouts {
  readonly connectMs: number
  /** 0: none. */
  readonly statementMs: number
}

export class SqlSession {
  readonly #address: PostgresAddress
  readonly #timeouts: SqlTimeouts
  #client: Promise<Client> | undefined
  #isClosed = false
  /** Ends with the last statement that was asked for. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(address: PostgresAddress, timeouts: SqlTimeouts) {
    this.#address = address
    this.#timeouts = timeouts
  }

  /**
   * Runs a statement that may be run twice: after a lost connection it is, once. Errors of the server come as they are, with their
   * SQLSTATE as `code`; CDC_CONNECT where no connection comes to stand.
   */
  async rows(text: string, values: readonly unknown[] = []): Promise<readonly SqlRow[]> {
    try {
      return await this.#run(text, values)
    } catch (error) {
      if (this.#isClosed || error instanceof CdcError || !isPassing(error)) throw error
      return this.#run(text, values)
    }
  }

  /** As `rows`, for statements without a result that must not be run twice. */
  async once(text: string): Promise<void> {
    await this.#run(text, [])
  }

  /** After those that were asked for before. */
  #run(text: string, values: readonly unknown[]): Promise<readonly SqlRow[]> {
    const running = this.#last.then(() => this.#runNow(text, values))
    this.#last = running.catch(() => {})
    return running
  }

  async #runNow(text: string, values: readonly unknown[]): Promise<readonly SqlRow[]> {
    if (this.#isClosed)
      throw new CdcError('CDC_CONNECT', `${this.#address.name} is used after it was closed.`)
    this.#client ??= this.#connect()
    const connecting = this.#client
    const client = await connecting.catch((error: unknown) => {
      this.#drop(connecting)
      throw error
    })
    try {
      const result = await client.query<SqlRow>({ text, values: [...values], types: asText })
      return result.rows
    } catch (error) {
      // pg says by a text alone that its connection is gone; an SQLSTATE of classes 08 and 57P ends it as well.
      if (isPassing(error) && !/^(40|53|55)/.test(sqlState(error) ?? '')) {
        this.#drop(connecting)
        void client.end().catch(() => {})
      }
      throw error
    }
  }

  async #connect(): Promise<Client> {
    const client = await connectPostgres(this.#address, { timeoutMs: this.#timeouts.connectMs })
    await client.query(`SET statement_timeout = ${this.#timeouts.statementMs}`)
    return client
  }

  #drop(connecting: Promise<Client>): void {
    if (this.#client === connecting) this.#client = undefined
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const client = await this.#client?.catch(() => undefined)
    this.#client = undefined
    await client?.end().catch(() => {})
  }
}

// The parser that pg asks for: the text itself, whatever the type. Its types want one function for each type and format.
const asText = { getTypeParser: () => (text: string) => text } as never

/** A failed statement of ours that the account may not run, or that the server lacks: named with what was to be done. */
export function prerequisite(doing: string, error: unknown, next: string): CdcError {
  return new CdcError('CDC_PREREQUISITE', `${doing} failed: ${serverText(error)}. ${next}`, { cause: error })
}
