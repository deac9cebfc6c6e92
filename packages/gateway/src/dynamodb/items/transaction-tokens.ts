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
/** Places of the list that are given up together. */
const FORGOTTEN_TOGETHER = 1000

interface StoredToken {
  readonly token: string
  readonly digest: string
  /** Ms. */
  readonly until: number
}

export class TransactionTokens {
  /** In the order of their end. */
  #live: { readonly token: string; readonly until: number }[] = []
  /** In #live: those before it are deleted. */
  #first = 0
  /** Places that the list had before its first one. */
  #forgotten = 0

  constructor(store: Store) {
    store.defineTable(table)
    this.#live = [...store.scan(table.name)].map(({ json }) => parse(json)).sort((a, b) => a.until - b.until)
  }

  /** Whether the same request was carried out before. Error: IdempotentParameterMismatchException. */
  isKnown(transaction: Transaction, token: string, request: object, nowMs: number): boolean {
    const json = transaction.getItem(table.name, token, undefined)
    const present = json === undefined ? undefined : parse(json)
    if (present === undefined || present.until <= nowMs) return false
    if (present.digest === digestOf(request)) return true
    throw new WireError(
      'IdempotentParameterMismatchException',
      'The provided client token is already in use with different parameters. Use another token for another transaction.',
    )
  }

  /** To be called after the last write that can fail: a transaction that is cancelled leaves no token. */
  put(transaction: Transaction, token: string, request: object, nowMs: number): void {
    const stored: StoredToken = { token, digest: digestOf(request), until: nowMs + LIFE_MS }
    transaction.putItem(table.name, token, undefined, Buffer.from(JSON.stringify(stored)))
  }

  /** Deletes some of those whose time has passed; gives up to where. Nothing but the transaction changes. */
  trim(transaction: Transaction, nowMs: number): number {
    let at = this.#first
    for (; at < this.#first + DELETED_AT_ONCE; at++) {
      const oldest = this.#live[at]
      if (oldest === undefined || oldest.until > nowMs) break
      const json = transaction.getItem(table.name, oldest.token, undefined)
      // It may have been taken anew meanwhile.
      if (json !== undefined && parse(json).until <= nowMs) {
        transaction.deleteItem(table.name, oldest.token, undefined)
      }
    }
    return this.#forgotten + at
  }

  /** To be told once the commit is durable: the token that it kept, if there is one, and what `trim` gave. */
  committed(token: string | undefined, trimmed: number, nowMs: number): void {
    if (token !== undefined) this.#live.push({ token, until: nowMs + LIFE_MS })
    this.#first = Math.max(this.#first, trimmed - this.#forgotten)
    if (this.#first <= FORGOTTEN_TOGETHER) return
    this.#live = this.#live.slice(this.#first)
    this.#forgotten += this.#first
    this.#first = 0
  }
}

function digestOf(request: object): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('base64')
}

/** Only `put` writes these items. */
function parse(json: Uint8Array): StoredToken {
  return JSON.parse(Buffer.from(json).toString('utf8')) as StoredToken
}
