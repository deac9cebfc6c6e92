/**
 * What went into and out of a stage, stream by stream, since its first start: read off its committed record, so that it is the same
 * for a running app, after its end, and for every thread. A few reads of the store; rates are the caller's to make of two looks.
 */
import type { Store, StreamInfo } from '@millrace/store'
import type { StageDefinition } from './app-model.ts'
import { emptyLedger, type LedgerCounts } from './ledger.ts'
import { readsShard } from './query-parts.ts'
import { inputsOf } from './stage-inputs.ts'
import {
  functionShardsOf,
  inFlightOf,
  readStageRecord,
  type StageRecord,
  takenIn,
  unreadFrom,
} from './stage-record.ts'

/** A stage as its record is found, and what it reads. */
export interface FlowPlace {
  readonly name: string
  readonly inputs: readonly string[]
  /** Whether it reads a shard of its input, of `shards` in all. */
  reads(shard: number, shards: number): boolean
}

export interface StageFlows {
  /** The stage has committed something, now or in a run before. */
  readonly hasRun: boolean
  readonly taken: number
  readonly inFlight: number
  /** With what it wrote where: `wrote`. */
  readonly ledger: LedgerCounts
  readonly inputs: readonly InputFlow[]
  /** Of a query: what its operators hold, by their addresses. */
  readonly operators: readonly OperatorState[]
}

export interface OperatorState {
  /** Its address in the program: plan steps name it. */
  readonly id: string
  readonly kind: string
  readonly rows: number
  readonly bytes: number
}

export interface InputFlow {
  readonly stream: string
  /** Records taken in from it. */
  readonly taken: number
  /** Records of it that are not committed yet; of a delivery those that it has not read. */
  readonly lag: number
  /** The oldest of these in each shard that has some: where it lies. */
  readonly oldest: readonly { readonly shard: number; readonly sequence: number }[]
}

export function flowPlaceOf(stage: StageDefinition): FlowPlace {
  return {
    name: stage.name,
    inputs: inputsOf(stage),
    reads: (shard, shards) => readsShard(stage, shard, shards),
  }
}

export function stageFlows(
  place: FlowPlace,
  store: Store,
  streams: ReadonlyMap<string, StreamInfo>,
): StageFlows {
  const record = readStageRecord(place.name, store.getStage(place.name))
  const inputs = place.inputs.flatMap((stream): InputFlow[] => {
    const infos = streams.get(stream)?.shardInfos
    if (infos === undefined) return []
    let lag = 0
    const oldest: { shard: number; sequence: number }[] = []
    for (const info of infos) {
      if (!place.reads(info.shard, infos.length)) continue
      // What a delivery has read waits in its buffers, as it is meant to.
      const sequence = Math.max(info.oldest, unreadFrom(record, stream, info))
      if (sequence >= info.next) continue
      lag += info.next - sequence
      oldest.push({ shard: info.shard, sequence })
    }
    return [{ stream, taken: takenFrom(record, stream), lag, oldest }]
  })
  const operators = record !== undefined && 'operators' in record ? (record.operators ?? []) : []
  return {
    hasRun: record !== undefined,
    taken: record === undefined ? 0 : takenIn(record),
    inFlight: record === undefined ? 0 : inFlightOf(record),
    ledger: record?.ledger ?? emptyLedger,
    inputs,
    operators: operators.map(([id, kind, rows = 0, bytes = 0]) => ({ id, kind, rows, bytes })),
  }
}

function takenFrom(record: StageRecord | undefined, stream: string): number {
  let taken = 0
  switch (record?.kind) {
    case undefined:
    case 'source':
    case 'parts':
      return 0
    case 'query':
      for (const { start, position } of record.shards) taken += position - start
      return taken
    case 'changelog':
      for (const place of record.streams[stream] ?? [])
        if (place !== null) taken += place.position - place.start
      return taken
    case 'delivery':
      for (const { start, read } of record.streams[stream] ?? []) taken += read - start
      return taken
    case 'function':
      for (const { start, read } of functionShardsOf(record, stream)) taken += read - start
      return taken
  }
}
