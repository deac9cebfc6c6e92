/**
 * Expiry: items whose time has passed are deleted, oldest first, by the entries that are kept in the order of expiry. So a
 * look costs the items that are due, however large the table. As in DynamoDB, a time of more than five years ago is
 * taken as a mistake, and its item stays.
 */
import type { Store } from '@millrace/store'
import { expirySecond, keyOfEntry } from './index-entry.ts'
import type { ItemKey, TableWriter } from './port.ts'
import { planOf, type TablePlan } from './table-plan.ts'

const fiveYearsSeconds = 5 * 365 * 24 * 3_600
/** Items of one commit, so that no other writer waits long. */
const commitItemsMax = 1_000

export function expireItems(
  store: Store,
  commit: (work: (writer: TableWriter) => void) => void,
  nowMs: number,
  itemsMax: number,
): number {
  const now = Math.floor(nowMs / 1_000)
  let deleted = 0
  for (const entry of store.tableEntries()) {
    const plan = planOf(entry)
    if (plan.expiry === undefined) continue
    for (let isDone = false; !isDone && deleted < itemsMax; ) {
      const keys = dueKeys(store, plan, now, Math.min(itemsMax - deleted, commitItemsMax))
      if (keys.length === 0) break
      const before = deleted
      commit((writer) => {
        for (const key of keys) if (expireItem(writer, plan, key, now)) deleted++
      })
      // Where nothing could be deleted the table has just been changed; the next look sees it as it is.
      isDone = keys.length < commitItemsMax || deleted === before
    }
    if (deleted >= itemsMax) break
  }
  return deleted
}

function dueKeys(store: Store, plan: TablePlan, now: number, itemsMax: number): ItemKey[] {
  const { expiry } = plan
  if (expiry === undefined) return []
  const keys: ItemKey[] = []
  const after = { partitionKey: now - fiveYearsSeconds, sortKey: new Uint8Array() }
  // Another thread may have dropped the table since it was listed.
  if (store.tableEntry(expiry.entries.name) === undefined) return []
  for (const stored of store.scan(expiry.entries.name, { after, limit: itemsMax })) {
    if (Number(stored.partitionKey) > now) break
    keys.push(keyOfEntry(plan, undefined, stored))
  }
  return keys
}

/** The item may have been changed since its entry was read. */
function expireItem(writer: TableWriter, plan: TablePlan, key: ItemKey, now: number): boolean {
  const { expiry } = plan
  if (expiry === undefined || writer.transaction.table(plan.name) !== plan.entry) return false
  const item = writer.get(plan.name, key)
  const second = item === undefined ? undefined : expirySecond(item, expiry.attribute)
  if (second === undefined || second > now || second < now - fiveYearsSeconds) return false
  writer.delete(plan.name, key, undefined, 'expiry')
  return true
}
