/**
 * ClientRequestTokens: a transaction that comes again within ten minutes under its token is not carried out again, and one
 * that differs under the same token is refused. Kept in the store, in the commit of the transaction that brought the token, so
 * a client that lost an answer to a crash may ask again.
 *
 * Item: { "token", "digest", "until" }, key token (with the account in front). Tokens whose time has passed are deleted with
 * later ones, some at a time.
 */
import { createHash } from 'node:crypto'
import type { Store, TableDefinition, Transaction } from '@millrace/store'
import { WireError } from '../../wire/wire-error.ts'

const table: TableDefinition = {
  name: 'system.dynamodb-tokens',
  partitionKey: { name: 'token', type: 'string' },
}

const LIFE_MS = 10 * 60_000
/** More than one, so that the tokens that are left become fewer. */
const DELETED_AT_ONCE = 4

interface StoredToken {
  readonly token: string
  readonly digest: string
  /** Ms. */
  readonly until: number
}

export class TransactionTokens {
  /** In the order of their end. */
  #live: { readonly token: string; readonly until: number }[] = []
  #first = 0

  constructor(store: Store) {
    store.defineTable(table)
    this.#live = [...store.scan(table.name)].map(({ json }) => parse(json)).sort((a, b) => a.until - b.until)
  }

  /**
   * True: the same request was carried out before. False: it is to be carried out, and the token was taken.
   * Error: IdempotentParameterMismatchException.
   */
  take(transaction: Transaction, token: string, request: object, nowMs: number): boolean {
    const digest = createHash('sha256').update(JSON.stringify(request)).digest('base64')
    const json = transaction.getItem(table.name, token, undefined)
    const present = json === undefined ? undefined : parse(json)
    if (present !== undefined && present.until > nowMs) {
      if (present.digest === digest) return true
      throw new WireError(
        'IdempotentParameterMismatchException',
        'The provided client token is already in use with different parameters. Use another token for another transaction.',
      )
    }
    const until = nowMs + LIFE_MS
    const stored: StoredToken = { token, digest, until }
    transaction.putItem(table.name, token, undefined, Buffer.from(JSON.stringify(stored)))
    return false
  }

  /** To be told once the commit is durable. */
  taken(token: string, nowMs: number): void {
    this.#live.push({ token, until: nowMs + LIFE_MS })
  }

  /** Deletes some of those whose time has passed. */
  trim(transaction: Transaction, nowMs: number): void {
    for (let i = 0; i < DELETED_AT_ONCE; i++) {
      const oldest = this.#live[this.#first]
      if (oldest === undefined || oldest.until > nowMs) return
      this.#first++
      const json = transaction.getItem(table.name, oldest.token, undefined)
      // It may have been taken anew meanwhile.
      if (json !== undefined && parse(json).until <= nowMs) {
        transaction.deleteItem(table.name, oldest.token, undefined)
      }
      if (this.#first > 1000) {
        this.#live = this.#live.slice(this.#first)
        this.#first = 0
      }
    }
  }
}

/** Only `take` writes these items. */
function parse(json: Uint8Array): StoredToken {
  return JSON.parse(Buffer.from(json).toString('utf8')) as StoredToken
}
