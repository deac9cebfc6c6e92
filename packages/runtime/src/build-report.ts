/**
 * Makes the report from what is committed. The ledger's balance is checked three ways:
 *   1. each stage: in (from positions) = out + late + filtered + dead (counted) + inFlight;
 *   2. each position lies between where the stage began and the head of its shard;
 *   3. streams hold at least what was counted as written to them: error rows, late records, what sources fed. (More may
 *      be there: handlers and tools append too, and a running stage may commit between the two reads);
 *   4. what functions and sources count as dead is accounted for among the dead letters: waiting, redriven or dropped. (A
 *      query's dead records stand in its error stream, most of a delivery's in its error objects.)
 */
import type { Store, StreamInfo } from '@millrace/store'
import type { AppDefinition } from './app-model.ts'
import { type LetterCounts, readCounts } from './dead-letters/letter-counts.ts'
import { Latency } from './latency.ts'
import { emptyLedger, settled } from './ledger.ts'
import { queryNameOf } from './query-parts.ts'
import type { OperatorSize, Report, StageReport, StreamReport, Warning } from './report.ts'
import type { SourceStatus } from './source-port.ts'
import { inputsOf } from './stage-inputs.ts'
import { functionShardsOf, inFlightOf, readStageRecord, type StageRecord, takenIn } from './stage-record.ts'
import { errorStreamName, isSystemTable, lateStreamName } from './system-names.ts'

export interface StageLatencies {
  readonly latency: Latency
  readonly tableLatency: Latency
}

export interface ReportInputs {
  readonly app: AppDefinition
  readonly store: Store
  readonly elapsedMs: number
  readonly latencies: ReadonlyMap<string, StageLatencies>
  readonly warnings: readonly Warning[]
  /** What sources say of themselves, by stage. */
  readonly statuses: ReadonlyMap<string, SourceStatus>
}

export function buildReport(inputs: ReportInputs): Report {
  const { app, store } = inputs
  // Records before heads: what is committed in between makes heads larger, never smaller.
  const records = new Map(
    app.stages.map((stage) => [stage.name, readStageRecord(stage.name, store.getStage(stage.name))]),
  )
  const streams = store.streams()
  const letters = readCounts(store)
  return {
    app: app.name,
    elapsedMs: Math.round(inputs.elapsedMs * 1000) / 1000,
    stages: app.stages.map(({ name, kind }) => ({
      ...stageReport(name, kind, records.get(name)),
      ...statusOf(inputs.statuses.get(name)),
    })),
    streams: streams.map(streamReport),
    tables: store
      .tables()
      .filter(({ name }) => !isSystemTable(name))
      .map(({ name, items }) => ({ name, items })),
    deadLetters: letters.map(({ stage, records: waiting, redriven, dropped }) => ({
      stage,
      waiting,
      redriven,
      dropped,
    })),
    latencyMs: overallLatency(app, inputs.latencies).summary(),
    ledgerBalanced: isBalanced(app, records, streams) && lettersAreComplete(app, records, letters),
    warnings: inputs.warnings,
  }
}

function stageReport(name: string, kind: StageReport['kind'], record: StageRecord | undefined): StageReport {
  const { out, late, filtered, dead, emitted, errors } = record?.ledger ?? emptyLedger
  return {
    name,
    kind,
    in: record === undefined ? 0 : takenIn(record),
    out,
    late,
    filtered,
    dead,
    inFlight: record === undefined ? 0 : inFlightOf(record),
    emitted,
    errors,
    state: stateOf(record),
  }
}

function statusOf(status: SourceStatus | undefined): { status?: SourceStatus } {
  return status === undefined ? {} : { status }
}

function stateOf(record: StageRecord | undefined): OperatorSize[] {
  if (record === undefined || !('operators' in record)) return []
  return (record.operators ?? []).flatMap(([, operator, rows = 0, bytes = 0]) =>
    rows === 0 && bytes === 0 ? [] : [{ operator, rows, bytes }],
  )
}

function streamReport(stream: StreamInfo): StreamReport {
  let records = 0
  let bytes = 0
  for (const shard of stream.shardInfos) {
    records += shard.next
    bytes += shard.bytes
  }
  return { name: stream.name, records, bytes }
}

/** To the tables if anything was written there; else to the end of what the app has. */
export function overallLatency(app: AppDefinition, latencies: ReportInputs['latencies']): Latency {
  const overall = new Latency()
  for (const { tableLatency } of latencies.values()) overall.addAll(tableLatency)
  for (const kind of ['function', 'query', 'delivery', 'source']) {
    if (overall.count > 0) break
    for (const stage of app.stages) {
      const own = stage.kind === kind ? latencies.get(stage.name) : undefined
      if (own) overall.addAll(own.latency)
    }
  }
  return overall
}

function isBalanced(
  app: AppDefinition,
  records: ReadonlyMap<string, StageRecord | undefined>,
  streams: readonly StreamInfo[],
): boolean {
  const appended = new Map(streams.map((stream) => [stream.name, streamReport(stream).records]))
  const fed = new Map<string, number>()
  const add = (stream: string, count: number) => fed.set(stream, (fed.get(stream) ?? 0) + count)
  for (const stage of app.stages) {
    const record = records.get(stage.name)
    if (record === undefined) continue
    if (takenIn(record) !== settled(record.ledger) + inFlightOf(record)) return false
    if (stage.kind === 'source') add(stage.into, record.ledger.out)
    else if (!inputsOf(stage).every((input) => positionsAreInside(record, input, streams))) return false
    if (stage.kind !== 'query') continue
    // The parts of a query share these.
    add(errorStreamName(queryNameOf(stage)), record.ledger.errors)
    add(lateStreamName(queryNameOf(stage)), record.ledger.late)
  }
  // Heads are read after the records, so a running stage may have appended more by now.
  for (const [stream, count] of fed) if ((appended.get(stream) ?? 0) < count) return false
  return true
}

/** Letters are read after the records, so a running stage may have added some. */
function lettersAreComplete(
  app: AppDefinition,
  records: ReadonlyMap<string, StageRecord | undefined>,
  letters: readonly LetterCounts[],
): boolean {
  const died = new Map(letters.map((each) => [each.stage, each.records + each.redriven + each.dropped]))
  return app.stages.every(
    ({ name, kind }) =>
      kind === 'query' ||
      kind === 'delivery' ||
      (died.get(name) ?? 0) >= (records.get(name)?.ledger.dead ?? 0),
  )
}

function positionsAreInside(record: StageRecord, input: string, streams: readonly StreamInfo[]): boolean {
  const stream = streams.find(({ name }) => name === input)
  if (record.kind === 'source' || record.kind === 'parts' || stream === undefined) return true
  const places =
    record.kind === 'changelog' || record.kind === 'delivery'
      ? (record.streams[input] ?? [])
      : record.kind === 'function'
        ? functionShardsOf(record, input)
        : record.shards
  for (const { shard, next } of stream.shardInfos) {
    const place = places[shard]
    if (place === undefined || place === null) continue
    const reached = 'read' in place ? place.read : place.position
    if (reached < place.start || reached > next) return false
  }
  return true
}
