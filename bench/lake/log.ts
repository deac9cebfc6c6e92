/**
 * A log of one shard with orders in it, and a delivery that reads it, in process: time is the machine's, timers stand still. A second
 * stream holds a few orders, so that what runs for long in life (a loaded DuckDB, compiled code) is warm when it is measured.
 */
import { type DeliverySettings, declaredStages, storeServices } from '@millrace/lake'
import { type AppDefinition, type InProcessApp, runInProcess } from '@millrace/runtime'
import { openStore, type Store } from '@millrace/store'
import { seededRandom, systemClock, VirtualClock } from '@millrace/values'
import { type OrderShape, orders } from './orders.ts'

type Settings = Omit<DeliverySettings, 'source'>

const streamNames = ['orders', 'warm-up'] as const
const warmUpRecords = 50_000
const batchRecords = 5_000
const retentionMs = 365 * 86_400_000

/** Bytes of JSON that were appended, without the warm-up. */
export async function fill(dir: string, shape: OrderShape): Promise<number> {
  const store = await openStore({ dir, clock: systemClock })
  for (const name of streamNames) store.defineStream({ name, shards: 1, retentionMs })
  append(store, 'warm-up', { ...shape, records: Math.min(warmUpRecords, shape.records), isKeyed: false })
  const bytes = append(store, 'orders', shape)
  await store.close()
  return bytes
}

function append(store: Store, stream: string, shape: OrderShape): number {
  const key = new Uint8Array(0)
  const builder = store.builder()
  let bytes = 0
  const commit = (): void => {
    store.commit((transaction) => transaction.appendBatch(stream, 0, builder))
    builder.reset()
  }
  for (const order of orders(shape)) {
    const data = Buffer.from(order)
    bytes += data.length
    builder.add(key, 0, 0, data, 0, data.length, 0)
    if (builder.count === batchRecords) commit()
  }
  if (builder.count > 0) commit()
  return bytes
}

/**
 * Calls `measure` with what delivers all of the log and makes it durable; then tells how many objects of the bucket `lake` came. What is
 * delivered before, to warm up, has settings of its own.
 */
export async function withDelivery(
  dir: string,
  settings: { readonly measured: Settings; readonly warmUp: Settings },
  measure: (deliver: () => Promise<void>) => Promise<void>,
): Promise<{ readonly files: number }> {
  const warm = await run(dir, 'warm-up', settings.warmUp)
  await deliverAll(warm)
  const before = await countObjects(warm.store)
  await warm.close()
  const running = await run(dir, 'orders', settings.measured)
  await measure(() => deliverAll(running))
  const files = (await countObjects(running.store)) - before
  await running.close()
  return { files }
}

function run(dir: string, stream: (typeof streamNames)[number], settings: Settings): Promise<InProcessApp> {
  const source = { kind: 'stream', stream, startingPosition: 'TRIM_HORIZON' } as const
  const app: AppDefinition = {
    name: 'bench',
    streams: streamNames.map((name) => ({ name, shards: 1, retentionMs })),
    tables: [],
    stages: declaredStages(
      stream,
      { ...settings, source },
      { services: ({ store }) => storeServices(store) },
    ),
  }
  const clock = new VirtualClock(systemClock.now())
  return runInProcess({ app, dataDir: dir, clock, random: seededRandom(1) })
}

async function deliverAll(running: InProcessApp): Promise<void> {
  await running.runToEnd()
  await running.store.flushed()
  const [stage] = running.report().stages
  if (stage === undefined || stage.dead > 0 || stage.errors > 0 || stage.inFlight > 0)
    throw new Error(`not all was delivered: ${JSON.stringify(stage)}`)
}

async function countObjects(store: Store): Promise<number> {
  const bucket = storeServices(store).buckets.open('lake')
  let count = 0
  let after: string | undefined
  for (;;) {
    const { objects, more } = await bucket.list('', after === undefined ? {} : { after })
    count += objects.length
    after = objects.at(-1)?.key
    if (!more) return count
  }
}
