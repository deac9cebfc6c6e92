/**
 * What the stage of a delivery reads, and how it passes from the source to the stream of prepared records and back.
 *
 * When a transform function comes, the prepare stage takes over the source exactly where the other stage had read it: that one still
 * delivers what it has, up to there, and then goes on in the stream of prepared records. When the function goes, the stage reads what
 * was prepared to its end, and then the source from where the prepare stage had come. Both happen in one transaction, whichever stage
 * comes first, so no record is left out or taken twice.
 */
import { type DeliveryPositions, readStageRecordOf, writeStageRecord } from '@millrace/runtime'
import type { Store, Transaction } from '@millrace/store'
import type { SchemaStep } from './outputs.ts'
import type { Place } from './positions.ts'

/** A stream that is read, from where and up to where. */
export interface Input {
  readonly stream: string
  /** By shard; shards that are not named are not read. Absent: to the end of time. */
  readonly until?: readonly number[]
  /** By shard, where reading begins; later shards are read whole. Absent: at the oldest record. */
  readonly starts?: readonly number[]
}

/** What a stage keeps in its record beside positions. */
export interface Own {
  readonly places: readonly Place[]
  readonly inputs: readonly Input[]
  readonly steps: readonly SchemaStep[]
}

export interface ChainPlace {
  /** Names of the stages. */
  readonly stage: string
  readonly prepareStage: string
  readonly source: string
  readonly preparedStream: string
  /** Of a source that begins at its end. */
  readonly starts: readonly number[] | undefined
}

const noCounts = { out: 0, late: 0, filtered: 0, dead: 0, emitted: 0, errors: 0 }

/** The inputs of a stage that has never run. */
export function firstInputs({ source, preparedStream, starts }: ChainPlace, isPrepared: boolean): Input[] {
  if (isPrepared) return [{ stream: preparedStream }]
  return [starts === undefined ? { stream: source } : { stream: source, starts }]
}

/** Brings both stages' records in line with whether records are prepared; nothing if they are, or if the files stage has never run. */
export function settleChain(store: Store, place: ChainPlace, isPrepared: boolean): void {
  const record = readStageRecordOf('delivery', place.stage, store.getStage(place.stage))
  if (record === undefined || !needsChange(record, place, isPrepared)) return
  // Nobody else commits this stage's record: it has not begun, or waits for this.
  store.commit((transaction) => {
    if (isPrepared) beginPrepared(store, transaction, place, record)
    else endPrepared(store, transaction, place, record)
  })
}

function needsChange(record: DeliveryPositions, place: ChainPlace, isPrepared: boolean): boolean {
  const { inputs } = ownOf(record)
  const last = inputs.at(-1)
  if (last === undefined || (last.stream === place.preparedStream) === isPrepared) return false
  // While something of both streams is to be settled still, one of them would be read twice: the stage asks again.
  return inputs.length === 1
}

function beginPrepared(
  store: Store,
  transaction: Transaction,
  place: ChainPlace,
  record: DeliveryPositions,
): void {
  const own = ownOf(record)
  const shards = record.streams[place.source] ?? []
  const until = shards.map(({ read }) => read)
  if (store.getStage(place.prepareStage) === undefined) {
    const taken: DeliveryPositions = {
      kind: 'delivery',
      ledger: noCounts,
      streams: { [place.source]: until.map((read) => ({ start: read, position: read, read })) },
      earlier: 0,
      inFlight: 0,
      ...(record.made === undefined ? {} : { made: record.made }),
    }
    transaction.setStage(place.prepareStage, writeStageRecord(taken))
  }
  // What stands there already is of an earlier function, and delivered.
  const heads = (store.stream(place.preparedStream)?.shardInfos ?? []).map(({ next }) => next)
  const inputs = [
    { ...own.inputs.at(-1)!, until },
    { stream: place.preparedStream, starts: heads },
  ]
  transaction.setStage(place.stage, writeStageRecord({ ...record, own: { ...own, inputs } }))
}

function endPrepared(
  store: Store,
  transaction: Transaction,
  place: ChainPlace,
  record: DeliveryPositions,
): void {
  const own = ownOf(record)
  const prepared = readStageRecordOf('delivery', place.prepareStage, store.getStage(place.prepareStage))
  const starts = prepared?.streams[place.source]?.map(({ position }) => position) ?? place.starts
  const heads = (store.stream(place.preparedStream)?.shardInfos ?? []).map(({ next }) => next)
  const inputs: Input[] = [
    { stream: place.preparedStream, until: heads },
    starts === undefined ? { stream: place.source } : { stream: place.source, starts },
  ]
  transaction.setStage(place.stage, writeStageRecord({ ...record, own: { ...own, inputs } }))
  transaction.dropStage(place.prepareStage)
}

export function ownOf(record: DeliveryPositions): Own {
  // Written by the delivery's stage.
  return record.own as Own
}
