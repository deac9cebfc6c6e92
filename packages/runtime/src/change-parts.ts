/**
 * What becomes of a query that ran in another number of parts here before. Its positions go to the new parts. State that follows
 * from the rows alone is rebuilt from the log by the parts themselves (state-plan.ts: they find none of their operators); where
 * it does not, or the log no longer reaches back, the start is refused, before anything is changed.
 *
 * The number of parts stands in a record of its own (`<query>.parts`), so it is known also when the app has another number now.
 * All of a change is one commit.
 */

import { replayProblem } from '@millrace/sql'
import type { Store } from '@millrace/store'
import { type Clock, seededRandom } from '@millrace/values'
import type { AppDefinition, FlinkQueryStage } from './app-model.ts'
import { RuntimeError } from './errors.ts'
import { bindFlink, startFlink } from './flink-program.ts'
import { emptyLedger, Ledger } from './ledger.ts'
import { isFirstPart, partName, partsMax, queryNameOf, readsShard } from './query-parts.ts'
import { inputsOf } from './stage-inputs.ts'
import {
  type ChangelogRecord,
  type QueryShardPosition,
  readStageRecord,
  readStageRecordOf,
  writeStageRecord,
} from './stage-record.ts'
import { storedOperators } from './state-plan.ts'
import { refuseReplaced, streamTimes } from './stream-times.ts'
import { Warnings } from './warnings.ts'

/** Another number of parts than before. */
export interface PartsChange {
  readonly query: string
  readonly before: number
  readonly now: number
  /** Operators keep something, which the new parts rebuild. */
  readonly rebuilds: boolean
  /** By stage name. */
  readonly records: ReadonlyMap<string, ChangelogRecord>
}

/** Writes down in how many parts the queries run, and hands positions over where that has changed. Error: QUERY_PARTS_CHANGED. */
export function settleParts(app: AppDefinition, store: Store, clock: Clock): void {
  const changes = app.stages.flatMap((stage) => {
    if (stage.kind !== 'query' || stage.dialect !== 'flink' || !isFirstPart(stage)) return []
    const change = partsChange(stage, app, store, clock)
    return [{ stage, change }]
  })
  for (const { stage, change } of changes) {
    const query = queryNameOf(stage)
    const now = stage.part?.of ?? 1
    const parts = readStageRecordOf('parts', partsRecordName(query), store.getStage(partsRecordName(query)))
    if ((parts?.of ?? 1) === now) continue
    const gone = change === undefined ? [] : stagesOf(query, change.before)
    const states = gone.map((name) => ({
      name,
      operators: new Set([...store.readState(name)].map(({ operator }) => operator)),
    }))
    store.commit((transaction) => {
      for (const { name, operators } of states)
        for (const operator of operators) transaction.dropState(name, operator)
      for (const [name, record] of change?.records ?? []) transaction.setStage(name, writeStageRecord(record))
      const layout = { kind: 'parts', of: now, ledger: emptyLedger } as const
      transaction.setStage(partsRecordName(query), writeStageRecord(layout))
    })
  }
}

/** Undefined: the query has not run here, or in as many parts. Error: QUERY_PARTS_CHANGED, QUERY_INVALID. */
export function partsChange(
  stage: FlinkQueryStage,
  app: AppDefinition,
  store: Store,
  clock: Clock,
): PartsChange | undefined {
  const query = queryNameOf(stage)
  const now = stage.part?.of ?? 1
  const before = partsBefore(stage, store)
  if (before === undefined || before === now) return undefined
  const olds = recordsOf(query, before, store)
  const made = streamTimes(store, inputsOf(stage))
  for (const old of olds) refuseReplaced(old.made, made)
  const { program, functions } = bindFlink(stage, new Warnings())
  const instance = startFlink({ ...stage, lookups: [] }, { program, functions }, clock, seededRandom(0))
  const operators = storedOperators(instance)
  // Time that nothing waits for is not worth a rebuild.
  const rebuilds = operators.some(([, kind]) => kind !== 'watermark' && kind !== 'source')
  const problem = rebuilds ? (replayProblem(program) ?? unreached(stage, olds, store)) : undefined
  if (problem !== undefined) {
    throw new RuntimeError('QUERY_PARTS_CHANGED', {
      place: `query "${query}"`,
      what: `it ran with a parallelism of ${before} here, and its state cannot be divided anew, because ${problem}`,
      value: `parallelism ${now}`,
      allowed: `parallelism ${before}`,
      next: 'Set the parallelism back, or start with another data directory',
    })
  }
  const parts = app.stages.filter((each) => each.kind === 'query' && queryNameOf(each) === query)
  const records = newRecords(parts as readonly FlinkQueryStage[], olds, store, rebuilds ? [] : operators) // Parts are of one query.
  return { query, before, now, rebuilds, records }
}

/** In how many parts the query has run; undefined: it has not run here. */
function partsBefore(stage: FlinkQueryStage, store: Store): number | undefined {
  const query = queryNameOf(stage)
  const parts = readStageRecordOf('parts', partsRecordName(query), store.getStage(partsRecordName(query)))
  // Parts may have been written down for a start that failed.
  if (parts !== undefined && recordsOf(query, parts.of, store).length > 0) return parts.of
  const record = readStageRecord(query, store.getStage(query))
  // A stage of another kind is refused under this name where it is opened; in parts it would not be noticed.
  if (record !== undefined && stage.part !== undefined)
    readStageRecordOf('changelog', query, store.getStage(query))
  return record === undefined ? undefined : 1
}

/** Names of stages hold no dot. */
function partsRecordName(query: string): string {
  return `${query}.parts`
}

function recordsOf(query: string, of: number, store: Store): ChangelogRecord[] {
  return stagesOf(query, of).flatMap((name) => {
    const record = readStageRecordOf('changelog', name, store.getStage(name))
    return record === undefined ? [] : [record]
  })
}

function stagesOf(query: string, of: number): string[] {
  return Array.from({ length: Math.min(of, partsMax) }, (_, index) => partName(query, index, of))
}

/** Why the log does not hold all that the query has read. */
function unreached(
  stage: FlinkQueryStage,
  olds: readonly ChangelogRecord[],
  store: Store,
): string | undefined {
  for (const stream of inputsOf(stage)) {
    for (const { shard, oldest } of store.stream(stream)?.shardInfos ?? []) {
      const start = placeOf(olds, stream, shard)?.start
      if (start !== undefined && oldest > start)
        return `retention has deleted records ${start} to ${oldest - 1} of shard ${shard} of stream "${stream}", from which it would have to be rebuilt`
    }
  }
  return undefined
}

function placeOf(
  olds: readonly ChangelogRecord[],
  stream: string,
  shard: number,
): QueryShardPosition | undefined {
  for (const { streams } of olds) {
    const place = streams[stream]?.[shard]
    if (place !== undefined && place !== null) return place
  }
  return undefined
}

function newRecords(
  parts: readonly FlinkQueryStage[],
  olds: readonly ChangelogRecord[],
  store: Store,
  operators: ChangelogRecord['operators'],
): Map<string, ChangelogRecord> {
  const isKept = operators === undefined || operators.length > 0
  // Where nothing is rebuilt, tables end anew, for the sake of the time that ends with them.
  const finished = isKept
    ? []
    : (olds[0]?.finished ?? []).filter((table) => olds.every((old) => old.finished.includes(table)))
  const left = new Ledger()
  for (const { ledger } of olds) {
    for (const count of counts) left[count] += ledger[count]
    left.addWrites(ledger)
  }
  const records = new Map<string, ChangelogRecord>()
  for (const [index, part] of parts.entries()) {
    const streams: Record<string, (QueryShardPosition | null)[]> = {}
    let taken = 0
    for (const stream of inputsOf(part)) {
      const infos = store.stream(stream)?.shardInfos ?? []
      streams[stream] = infos.map(({ shard, oldest }) => {
        if (!readsShard(part, shard, infos.length)) return null
        const place = placeOf(olds, stream, shard) ?? { start: oldest, position: oldest }
        taken += place.position - place.start
        return place
      })
    }
    records.set(part.name, {
      kind: 'changelog',
      ledger: shareOf(left, taken, index === 0),
      streams,
      finished,
      made: streamTimes(store, inputsOf(part)),
      ...(operators === undefined ? {} : { operators }),
    })
  }
  return records
}

const counts = ['out', 'late', 'filtered', 'dead', 'errors'] as const
const fates = ['out', 'late', 'filtered', 'dead'] as const

/**
 * A part's share of what the old parts counted: as many fates as it has records. Which record had which fate is not known any
 * more, so only the sums over all parts say something.
 */
function shareOf(left: Ledger, taken: number, isFirst: boolean): ReturnType<Ledger['counts']> {
  const share = new Ledger()
  let open = taken
  for (const fate of fates) {
    share[fate] = Math.min(open, left[fate])
    left[fate] -= share[fate]
    open -= share[fate]
  }
  if (isFirst) {
    share.addWrites(left.counts())
    share.errors = left.errors
  }
  return share.counts()
}
