/**
 * From one look to the graph of the pipeline, and for each edge how much has gone along it so far. What a function reads and writes by
 * clients of its own (Lambda handlers) is unknown to everybody, so there is no edge for it; what it writes through its app is known
 * from its first commit on.
 */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import {
  bucketEntries,
  deadLetterTable,
  errorStreamName,
  type InputFlow,
  isSystemTable,
  lateStreamName,
  objectStreamName,
  queryNameOf,
  redriveStreamName,
} from '@millrace/runtime'
import type { Store, StreamInfo } from '@millrace/store'
import { isEntryTable, tableOfChanges } from '@millrace/tables'
import type { PipelineEdge, PipelineGraph, PipelineNode, PipelineNodeKind } from '../../protocol/pipeline.ts'
import { type Look, sizeOf } from './look.ts'
import type { KnownStage } from './stage-list.ts'

export interface EdgeTotal {
  readonly records: number
  /** Mean size, where records of a stream flow. */
  readonly bytesEach: number | undefined
  /** Of edges from a stream to a stage. */
  readonly input: InputFlow | undefined
}

export interface DrawnPipeline {
  readonly graph: PipelineGraph
  readonly totals: ReadonlyMap<string, EdgeTotal>
}

export function drawPipeline(look: Look, store: Store): DrawnPipeline {
  const drawing = new Drawing(look, store)
  drawing.draw()
  const { nodes, edges, totals } = drawing
  const list = [...nodes.values()]
  const names = JSON.stringify([look.counts !== undefined, list, edges.map(({ id }) => id)])
  const { app } = look
  return {
    graph: {
      ...(app === undefined ? {} : { app: { name: app.definition.name, file: app.file } }),
      nodes: list,
      edges,
      revision: createHash('sha256').update(names).digest('base64url').slice(0, 16),
    },
    totals,
  }
}

/** What of a stage's writing has no edge of its own: `stream:NAME` and `table:NAME` -> ids of nodes are the same texts. */
const nodeId = (kind: string, name: string) => `${kind}:${name}`

class Drawing {
  readonly nodes = new Map<string, PipelineNode>()
  readonly edges: PipelineEdge[] = []
  readonly totals = new Map<string, EdgeTotal>()
  private readonly look: Look
  private readonly store: Store
  /** Streams of news, with their buckets. */
  private readonly buckets: ReadonlyMap<string, string>

  constructor(look: Look, store: Store) {
    this.look = look
    this.store = store
    this.buckets = new Map(bucketEntries(store).map(({ name }) => [objectStreamName(name), name]))
  }

  draw(): void {
    const { look } = this
    const asides = asideStreams(look)
    const isDrawn = (stream: StreamInfo) => {
      // Of stages of an app that does not run here.
      if (isAsideName(stream.name)) return sizeOf(stream).records > 0
      const bucket = this.buckets.get(stream.name)
      // Made for every bucket, and of use where somebody reads it.
      return bucket === undefined || this.isRead(stream.name) || sizeOf(stream).records > 0
    }
    for (const stream of look.streams.values()) {
      if (!asides.has(stream.name) && isDrawn(stream)) this.stream(stream, isAsideName(stream.name))
    }
    for (const { name, partitionKey, sortKey } of look.tables) {
      if (isSystemTable(name) || isEntryTable(name) || name === deadLetterTable.name) continue
      this.node('table', name, {
        about: `by ${[partitionKey, ...(sortKey === undefined ? [] : [sortKey])].map((key) => key.name).join(', ')}`,
      })
    }
    for (const stage of look.stages) this.stage(stage)
    for (const [stream, stage] of asides) this.aside(stream, stage)
    for (const [stage, records] of look.waiting) this.letters(stage, records)
    this.follow()
  }

  private node(
    kind: PipelineNodeKind,
    name: string,
    { about, aside = false, id = nodeId(kind, name) }: { about: string; aside?: boolean; id?: string },
  ): string {
    if (!this.nodes.has(id)) this.nodes.set(id, { id, kind, name, about, aside })
    return id
  }

  private edge(
    from: string,
    to: string,
    kind: PipelineEdge['kind'],
    total: Partial<EdgeTotal> & { readonly records: number },
  ): void {
    const id = `${from}>${to}`
    if (this.totals.has(id)) return
    this.edges.push({ id, from, to, kind })
    this.totals.set(id, { bytesEach: undefined, input: undefined, ...total })
  }

  private stream(stream: StreamInfo, aside: boolean): string {
    const { openShards } = sizeOf(stream)
    const hours = stream.retentionMs / 3_600_000
    const kept = hours % 24 === 0 && hours > 24 ? `${hours / 24} d` : `${Math.round(hours * 10) / 10} h`
    const shards = openShards === 1 ? '1 shard' : `${openShards} shards`
    return this.node('stream', stream.name, { about: `${shards}, kept ${kept}`, aside })
  }

  private stage(stage: KnownStage): void {
    const { look } = this
    const { definition, delivery } = stage
    const flows = look.flows.get(stage.name)
    const id = this.node(stage.kind, stage.title, { about: aboutOf(stage), id: nodeId('stage', stage.name) })
    for (const input of flows?.inputs ?? []) {
      const from = nodeId('stream', input.stream)
      if (!this.nodes.has(from)) continue
      const stream = look.streams.get(input.stream)
      this.edge(from, id, 'data', {
        records: input.taken,
        bytesEach: stream && sizeOf(stream).bytesEach,
        input,
      })
    }
    const wrote = flows?.ledger.wrote ?? {}
    for (const target of new Set([...declaredOutputs(stage), ...Object.keys(wrote)])) {
      if (!this.nodes.has(target)) continue
      const stream = target.startsWith('stream:')
        ? look.streams.get(target.slice('stream:'.length))
        : undefined
      this.edge(id, target, 'data', {
        // A delivery counts what it appends as one figure, and has one stream that it appends to.
        records: wrote[target] ?? (stage.kind === 'delivery' ? (flows?.ledger.emitted ?? 0) : 0),
        bytesEach: stream && sizeOf(stream).bytesEach,
      })
    }
    if (definition?.kind === 'query') {
      const files =
        definition.dialect === 'kda'
          ? definition.references.map(({ name, file }) => ({ name, file }))
          : definition.lookups.map(({ table, file }) => ({ name: table, file }))
      for (const { name, file } of files) {
        const reference = this.node('reference', name, {
          about: basename(file),
          id: nodeId('reference', file),
        })
        this.edge(reference, id, 'lookup', { records: 0 })
      }
    }
    if (delivery !== undefined) this.destination(id, stage, delivery)
  }

  private destination(id: string, { name }: KnownStage, delivery: NonNullable<KnownStage['delivery']>): void {
    const { role, settings } = delivery
    if (role === 'prepare') return
    const records = this.look.flows.get(name)?.ledger.out ?? 0
    if (role === 'backup') {
      if (settings.backup !== undefined) this.bucket(id, settings.backup.bucket, records)
      return
    }
    const { destination } = settings
    const { table } = destination
    if (table === undefined) {
      this.bucket(id, destination.bucket, records)
      return
    }
    const about =
      destination.kind === 'iceberg' ? 'Iceberg table' : `${formatName(destination.format.kind)} files`
    const dataset = this.node('dataset', `${table.database}.${table.name}`, {
      about: `${about} in ${destination.bucket}`,
    })
    this.edge(id, dataset, 'data', { records })
  }

  private bucket(from: string, name: string, records: number): void {
    this.edge(from, this.node('bucket', name, { about: 'objects' }), 'data', { records })
  }

  /** Only where something is in it: an empty one is no news. */
  private aside(name: string, stage: KnownStage): void {
    const stream = this.look.streams.get(name)
    if (stream === undefined || sizeOf(stream).records === 0) return
    const id = this.stream(stream, true)
    const ledger = this.look.flows.get(stage.name)?.ledger
    const title = stage.definition === undefined ? stage.name : queryNameOf(stage.definition)
    const stageId = nodeId('stage', stage.name)
    const bytesEach = sizeOf(stream).bytesEach
    if (name === redriveStreamName(stage.name)) {
      const input = this.look.flows.get(stage.name)?.inputs.find((each) => each.stream === name)
      this.edge(id, stageId, 'aside', { records: input?.taken ?? 0, bytesEach, input })
    } else {
      const records = (name === lateStreamName(title) ? ledger?.late : ledger?.errors) ?? 0
      this.edge(stageId, id, 'aside', { records, bytesEach })
    }
  }

  private letters(stage: string, records: number): void {
    const from = nodeId('stage', stage)
    if (records === 0 || !this.nodes.has(from)) return
    const about = 'wait to be redriven'
    const id = this.node('dead-letters', stage, { about, aside: true })
    this.edge(from, id, 'aside', { records: this.look.flows.get(stage)?.ledger.dead ?? records })
  }

  /** What the store itself does: changes of tables and news of buckets are streams. */
  private follow(): void {
    for (const [name, stream] of this.look.streams) {
      const to = nodeId('stream', name)
      if (!this.nodes.has(to)) continue
      const { records, bytesEach } = sizeOf(stream)
      const table = tableOfChanges(this.store, name)
      if (table !== undefined && this.nodes.has(nodeId('table', table)))
        this.edge(nodeId('table', table), to, 'data', { records, bytesEach })
      const bucket = this.buckets.get(name)
      if (bucket !== undefined) {
        const from = this.node('bucket', bucket, { about: 'objects' })
        this.edge(from, to, 'data', { records, bytesEach })
      }
    }
  }

  private isRead(stream: string): boolean {
    return this.look.stages.some(({ place }) => place.inputs.includes(stream))
  }
}

const asideEndings = [errorStreamName(''), lateStreamName(''), redriveStreamName('')]

function isAsideName(stream: string): boolean {
  return asideEndings.some((ending) => stream.endsWith(ending))
}

/** Streams of errors, late records and redriven letters, with the (first) stage that they are of. */
function asideStreams({ stages }: Look): Map<string, KnownStage> {
  const found = new Map<string, KnownStage>()
  for (const stage of stages) {
    const { kind, definition } = stage
    if (kind === 'function') found.set(redriveStreamName(stage.name), stage)
    if (kind !== 'query' || definition === undefined) continue
    const query = queryNameOf(definition)
    for (const name of [errorStreamName(query), lateStreamName(query)])
      if (!found.has(name)) found.set(name, stage)
  }
  return found
}

function declaredOutputs({ definition }: KnownStage): string[] {
  switch (definition?.kind) {
    case 'source':
      return [nodeId('stream', definition.into)]
    case 'query':
      return definition.outputs.map(({ stream }) => nodeId('stream', stream))
    case 'delivery':
      return definition.into.map((stream) => nodeId('stream', stream))
    default:
      return []
  }
}

function aboutOf({ kind, definition, delivery }: KnownStage): string {
  if (definition?.kind === 'query') {
    const dialect = definition.dialect === 'kda' ? 'SQL (KDA)' : 'SQL (Flink)'
    const part = definition.dialect === 'flink' ? definition.part : undefined
    return part === undefined ? dialect : `${dialect}, part ${part.index + 1} of ${part.of}`
  }
  if (definition?.kind === 'function') {
    const { code, mapping } = definition
    if (code.form === 'each') return 'a record at a time'
    const batch = `batches of ${mapping.batchSize}`
    return code.form === 'lambda' ? `Lambda handler, ${batch}` : batch
  }
  if (delivery !== undefined) {
    if (delivery.role === 'prepare') return 'transforms'
    if (delivery.role === 'backup') return 'backup of records as they came'
    const { destination } = delivery.settings
    return destination.kind === 'iceberg'
      ? 'to an Iceberg table'
      : `to ${formatName(destination.format.kind)} files`
  }
  return kind === 'delivery' ? 'works by the clock' : 'brings records in'
}

function formatName(kind: 'raw' | 'csv' | 'parquet'): string {
  return { raw: 'plain', csv: 'CSV', parquet: 'Parquet' }[kind]
}
