/**
 * How far a delivery has come, told from what its stages have committed: whoever holds the store can ask, beside a running process and
 * after it. Cost: one small record for each stage and each part of its output that is ahead.
 */
import { readStageRecordOf } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import { progressTable, readDelivery, type StoredDelivery } from './delivery-items.ts'
import { directStreamName, type StageRole, stageNameOf, stageRoles } from './delivery-names.ts'
import type { Plan } from './progress.ts'

const decoder = new TextDecoder()

export interface DeliveryProgress {
  /** Records of its source that it has not read. */
  readonly unread: number
  /** Records that were read and are not stored: they wait in buffers, or are being stored. */
  readonly buffered: number
  /** Records that it has taken in since it was made. */
  readonly taken: number
  /** Records that became objects of errors. */
  readonly errors: number
  /** Objects that are being stored now. `instant`: arrival of the oldest record, ms; the key is undefined of a batch for a table. */
  readonly storing: readonly { readonly key?: string; readonly instant: number }[]
  readonly stages: readonly { readonly role: StageRole; readonly name: string }[]
}

/** Undefined if there is no delivery of the name. */
export function deliveryProgress(store: Store, delivery: string): DeliveryProgress | undefined {
  const stored = readDelivery(store, delivery)
  if (stored === undefined) return undefined
  const stages = stageRoles
    .map((role) => ({ role, name: stageNameOf(stored, role) }))
    .filter(({ name }) => store.getStage(name) !== undefined)
  const progress = new Map(stages.map(({ role, name }) => [role, ofStage(store, name)]))
  const files = progress.get('files')
  // What a transform reads first is what the delivery has to read.
  const first = progress.get('prepare') ?? files
  return {
    unread: first?.unread ?? unreadWhole(store, delivery, stored),
    buffered: files?.buffered ?? 0,
    taken: first?.taken ?? 0,
    errors: files?.errors ?? 0,
    storing: files?.storing ?? [],
    stages,
  }
}

type StageProgress = Pick<DeliveryProgress, 'unread' | 'buffered' | 'taken' | 'errors' | 'storing'>

function ofStage(store: Store, name: string): StageProgress | undefined {
  const record = readStageRecordOf('delivery', name, store.getStage(name))
  if (record === undefined) return undefined
  let unread = 0
  let taken = record.earlier
  for (const [stream, places] of Object.entries(record.streams)) {
    for (const { shard, oldest, next } of store.stream(stream)?.shardInfos ?? [])
      unread += Math.max(0, next - (places[shard]?.read ?? oldest))
    for (const { read, start } of places) taken += read - start
  }
  const { inFlight, ledger } = record
  return { unread, buffered: inFlight, taken, errors: ledger.errors, storing: storingOf(store, name) }
}

/** Of a delivery whose stages have committed nothing yet. */
function unreadWhole(store: Store, delivery: string, { editions, starts }: StoredDelivery): number {
  const source = editions.at(-1)?.settings.source
  const stream = source?.kind === 'stream' ? source.stream : directStreamName(delivery)
  let unread = 0
  for (const { shard, oldest, next } of store.stream(stream)?.shardInfos ?? [])
    unread += Math.max(0, next - (starts?.[shard] ?? oldest))
  return unread
}

function storingOf(store: Store, stage: string): DeliveryProgress['storing'] {
  if (store.tableEntry(progressTable.name) === undefined) return []
  return [...store.scan(progressTable.name, { partitionKey: stage })].flatMap(({ json }) => {
    // Only `Progress` writes items of a stage.
    const { plans } = JSON.parse(decoder.decode(json)) as { readonly plans: readonly Plan[] }
    return plans.map(({ key, instant }) => ({ instant, ...(key === undefined ? {} : { key }) }))
  })
}
