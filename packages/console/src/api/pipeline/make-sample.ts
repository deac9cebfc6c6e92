/**
 * From two looks to one sample: rates are what was counted between them. Pure but for the age of what lags, which is read off the log;
 * of no more places than `agesMax`, since each costs the read of a record batch.
 */
import { isSystemTable, type StageNow } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import type {
  EdgeSample,
  LatencyFigures,
  PipelineSample,
  ProcessSample,
  StageSample,
  StreamSample,
  Why,
} from '../../protocol/pipeline.ts'
import type { DrawnPipeline, EdgeTotal } from './draw-pipeline.ts'
import { type Look, sizeOf } from './look.ts'
import type { KnownStage } from './stage-list.ts'

export interface DrawnLook {
  readonly look: Look
  readonly drawn: DrawnPipeline
}

/** What of a sample comes from elsewhere. */
export interface SampleRest {
  readonly process: ProcessSample
  readonly recentLatencyMs?: LatencyFigures
  readonly why?: Why
}

const agesMax = 16
const noRest = { records: 0, bytesEach: undefined, input: undefined } satisfies EdgeTotal

/** `before` undefined: the first look, whose rates are 0. */
export function makeSample(
  before: DrawnLook | undefined,
  now: DrawnLook,
  store: Store,
  rest: SampleRest,
): PipelineSample {
  const { look, drawn } = now
  const seconds = before === undefined ? 0 : (look.at - before.look.at) / 1000
  const rate = (now: number, then: number | undefined) =>
    then === undefined || seconds <= 0 ? 0 : Math.max(0, now - then) / seconds
  const ages = new Ages(look, store)
  const edges: Record<string, EdgeSample> = {}
  for (const [id, total] of drawn.totals) {
    const { records, bytesEach, input } = total
    const perSecond = rate(records, (before?.drawn.totals.get(id) ?? noRest).records)
    // What is new in the graph had all of its records before, for all that is known.
    const isNew = before !== undefined && !before.drawn.totals.has(id)
    const recordsPerSecond = isNew ? 0 : perSecond
    const lagMs = input === undefined ? undefined : ages.of(input)
    edges[id] = {
      records,
      recordsPerSecond,
      ...(bytesEach === undefined ? {} : { bytesPerSecond: recordsPerSecond * bytesEach }),
      ...(input === undefined ? {} : { lagRecords: input.lag }),
      ...(lagMs === undefined ? {} : { lagMs }),
    }
  }
  const streams = [...look.streams.values()].map((stream): StreamSample => {
    const { records, bytes, bytesEach = 0, openShards } = sizeOf(stream)
    const then = before?.look.streams.get(stream.name)
    const recordsPerSecond = rate(records, then && sizeOf(then).records)
    const bytesPerSecond = recordsPerSecond * bytesEach
    return { name: stream.name, records, recordsPerSecond, bytesPerSecond, bytes, openShards }
  })
  const { counts } = look
  let deadLetters = 0
  for (const records of look.waiting.values()) deadLetters += records
  return {
    at: look.at,
    revision: drawn.graph.revision,
    ...(counts === undefined ? {} : { elapsedMs: counts.elapsedMs }),
    edges,
    streams,
    stages: look.stages.map((stage) => stageSample(stage, before?.look, look, { rate, ages })),
    tables: look.tables
      .filter(({ name }) => !isSystemTable(name))
      .map(({ name, items }) => ({ name, items })),
    arrivalsPerSecond: rate(arrivals(now), before && arrivals(before)),
    ...(counts === undefined ? {} : { latencyMs: counts.latencyMs, ledgerBalanced: counts.ledgerBalanced }),
    warnings: counts?.warnings ?? [],
    deadLetters,
    ...rest,
  }
}

/**
 * Records that came in from outside: all that was appended to streams, less what stages appended. Streams that the store itself fills
 * (changes of tables, news of buckets) and those of errors are left out.
 */
function arrivals({ look, drawn }: DrawnLook): number {
  const counted = new Set(
    drawn.graph.nodes.filter(({ kind, aside }) => kind === 'stream' && !aside).map(({ id }) => id),
  )
  for (const { from, to } of drawn.graph.edges)
    if (from.startsWith('table:') || from.startsWith('bucket:')) counted.delete(to)
  let records = 0
  for (const stream of look.streams.values())
    if (counted.has(`stream:${stream.name}`)) records += sizeOf(stream).records
  const sources = new Set(
    look.stages.filter(({ kind }) => kind === 'source').map(({ name }) => `stage:${name}`),
  )
  for (const { id, from, to } of drawn.graph.edges)
    if (counted.has(to) && !sources.has(from)) records -= drawn.totals.get(id)?.records ?? 0
  return records
}

interface Tools {
  rate(now: number, then: number | undefined): number
  readonly ages: Ages
}

function stageSample(
  { name, kind, definition }: KnownStage,
  before: Look | undefined,
  look: Look,
  { rate, ages }: Tools,
): StageSample {
  const flow = look.flows.get(name)
  const then = before?.flows.get(name)
  const now = look.counts?.now.find((each) => each.name === name)
  const report = look.counts?.stages.find((each) => each.name === name)
  const { out = 0, late = 0, filtered = 0, dead = 0, errors = 0 } = flow?.ledger ?? {}
  const taken = flow?.taken ?? 0
  const inFlight = flow?.inFlight ?? 0
  const lagMs = ages.longest(flow?.inputs ?? [])
  const status = report?.status?.line
  return {
    name,
    kind,
    // Of an app that has not started yet nothing is known but what it has committed before.
    state: now?.state ?? (look.app === undefined || definition === undefined ? 'stored' : 'starting'),
    ...failureOf(now),
    inPerSecond: rate(taken, then?.taken),
    outPerSecond: rate(out, then?.ledger.out),
    ledger: {
      in: taken,
      out,
      late,
      filtered,
      dead,
      inFlight,
      balanced: taken === out + late + filtered + dead + inFlight,
    },
    lagRecords: flow?.inputs.reduce((sum, { lag }) => sum + lag, 0) ?? 0,
    ...(lagMs === undefined ? {} : { lagMs }),
    ...(now === undefined || now.latencyMs.count === 0 ? {} : { latencyMs: now.latencyMs }),
    errors,
    deadLetters: look.waiting.get(name) ?? 0,
    ...(status === undefined ? {} : { status }),
    holds: (flow?.operators ?? []).filter(({ rows, bytes }) => rows > 0 || bytes > 0),
  }
}

function failureOf(now: StageNow | undefined): Pick<StageSample, 'failure' | 'waitsFor'> {
  return {
    ...(now?.failure === undefined ? {} : { failure: now.failure }),
    ...(now?.waitsFor === undefined ? {} : { waitsFor: now.waitsFor }),
  }
}

type Lagging = NonNullable<EdgeTotal['input']>

/** How long ago the oldest record of an input arrived that is not processed. */
class Ages {
  private readonly look: Look
  private readonly store: Store
  private readonly known = new Map<Lagging, number | undefined>()
  private left = agesMax

  constructor(look: Look, store: Store) {
    this.look = look
    this.store = store
  }

  of(input: Lagging): number | undefined {
    if (!this.known.has(input)) this.known.set(input, this.read(input))
    return this.known.get(input)
  }

  longest(inputs: readonly Lagging[]): number | undefined {
    let longest: number | undefined
    for (const input of inputs) {
      const age = this.of(input)
      if (age !== undefined && (longest === undefined || age > longest)) longest = age
    }
    return longest
  }

  private read({ stream, oldest }: Lagging): number | undefined {
    if (oldest.length === 0) return 0
    let earliest: number | undefined
    for (const { shard, sequence } of oldest) {
      if (this.left-- <= 0) return undefined
      const [batch] = this.store.read(stream, shard, sequence, { maxRecords: 1, maxBytes: 1 }).batches
      if (batch === undefined || !('arrivalTime' in batch)) continue
      if (earliest === undefined || batch.arrivalTime < earliest) earliest = batch.arrivalTime
    }
    return earliest === undefined ? undefined : Math.max(0, this.look.at - earliest)
  }
}
