/**
 * Stored results of `context.once`: one item for each stage and key in the table `system.once`, and one in
 * `system.once-expiry` by the time at which it expires, so that a sweep finds those that are due without looking at others.
 *
 *   system.once          stage, key  -> { stage, key, result (JSON; absent for undefined), expiresAt (ms) }
 *   system.once-expiry   stage, at   -> { stage, at, key }         at: expiresAt with leading zeros, then the key
 *
 * A result that has expired counts as none, whether it was swept or not.
 */
import type { Store, TableDefinition, Transaction } from '@millrace/store'

export const onceTable: TableDefinition = {
  name: 'system.once',
  partitionKey: { name: 'stage', type: 'string' },
  sortKey: { name: 'key', type: 'string' },
}

export const onceExpiryTable: TableDefinition = {
  name: 'system.once-expiry',
  partitionKey: { name: 'stage', type: 'string' },
  sortKey: { name: 'at', type: 'string' },
}

export interface OnceResult {
  readonly key: string
  /** JSON text; undefined for undefined. */
  readonly json: string | undefined
  readonly keepMs: number
}

interface OnceItem {
  readonly stage: string
  readonly key: string
  readonly result?: unknown
  readonly expiresAt: number
}

/** Expired results that one commit deletes at most. */
const sweepMax = 200

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The result if it is stored and has not expired. */
export function readOnce(
  store: Store,
  stage: string,
  key: string,
  nowMs: number,
): { readonly result: unknown } | undefined {
  const json = store.getItem(onceTable.name, stage, key)
  if (json === undefined) return undefined
  const { result, expiresAt } = parse(json)
  return expiresAt > nowMs ? { result } : undefined
}

export function putOnce(transaction: Transaction, stage: string, { key, json, keepMs }: OnceResult): void {
  const expiresAt = Math.ceil(transaction.time + keepMs)
  const result = json === undefined ? '' : `,"result":${json}`
  const item = `{"stage":${JSON.stringify(stage)},"key":${JSON.stringify(key)},"expiresAt":${expiresAt}${result}}`
  transaction.putItem(onceTable.name, stage, key, encoder.encode(item))
  const at = expiryKey(expiresAt, key)
  transaction.putItem(onceExpiryTable.name, stage, at, encoder.encode(JSON.stringify({ stage, at, key })))
}

/** Deletes results that have expired, some at a time. True if there may be more. */
export function sweepOnce(transaction: Transaction, stage: string, nowMs: number): boolean {
  const due = transaction.scan(onceExpiryTable.name, {
    partitionKey: stage,
    sort: { to: { value: expiryKey(nowMs, ''), inclusive: false } },
    limit: sweepMax,
  })
  const expired = Array.from(due, ({ json, sortKey }) => ({ at: sortKey, ...parseExpiry(json) }))
  for (const { at, key } of expired) {
    transaction.deleteItem(onceExpiryTable.name, stage, at)
    const stored = transaction.getItem(onceTable.name, stage, key)
    // It may have been stored anew since, and expires later then.
    if (stored !== undefined && parse(stored).expiresAt <= nowMs)
      transaction.deleteItem(onceTable.name, stage, key)
  }
  return expired.length === sweepMax
}

function expiryKey(timeMs: number, key: string): string {
  return `${String(Math.max(0, Math.floor(timeMs))).padStart(16, '0')}${key === '' ? '' : ` ${key}`}`
}

function parse(json: Uint8Array): OnceItem {
  // Only putOnce writes these items.
  return JSON.parse(decoder.decode(json)) as OnceItem
}

function parseExpiry(json: Uint8Array): { readonly key: string } {
  // Only putOnce writes these items.
  return JSON.parse(decoder.decode(json)) as { readonly key: string }
}
