/** The stages of a delivery, made from its settings: prepare (with a transform), files or table, backup (if asked for). */
import { join } from 'node:path'
import type { LambdaCode, StageContext, DeliveryStage as StageDefinition } from '@millrace/runtime'
import type { RecordBatch, Store, StreamDefinition } from '@millrace/store'
import { formatSequenceNumber, streamArn } from '@millrace/values'
import { LakeError } from '../errors.ts'
import { openParquetWorkshop, type ParquetWorkshop } from '../parquet/parquet-workshop.ts'
import { compileUnpack } from '../unpack/unpack.ts'
import { prefixesOf } from './check-settings.ts'
import { readDelivery, type StoredDelivery } from './delivery-items.ts'
import {
  directStreamName,
  directStreamOf,
  preparedStreamName,
  preparedStreamOf,
  type StageRole,
  stageNameOf,
} from './delivery-names.ts'
import type { DeliveryServices } from './delivery-port.ts'
import type { DeliverySettings } from './delivery-settings.ts'
import { DeliveryStage } from './delivery-stage.ts'
import type { DeliveryTarget } from './delivery-target.ts'
import { backupOutput, filesOutput } from './files-output.ts'
import { type ChainPlace, firstInputs, settleChain } from './input-chain.ts'
import { declareDelivery, openDeliveries } from './open-deliveries.ts'
import { type OutputMaker, Outputs } from './outputs.ts'
import { PrepareStage } from './prepare-stage.ts'
import { tableOutput } from './table-output.ts'

/** Of buffers of one stage together, unless its buffers are larger. */
const memoryMin = 256 * 1024 * 1024
const storingMax = 16
/** Each takes memory for a row group while it is written. */
const parquetStoringMax = 4

/** Services for a stage, made in its thread. */
export type OpenServices = (context: StageContext) => DeliveryServices

export interface DeclareOptions {
  readonly services: OpenServices
  readonly lambdas?: readonly LambdaCode[]
  /** Other settings from a time on. */
  readonly later?: { readonly from: number; readonly settings: DeliverySettings }
  /** What buffers of one stage may hold, unless its buffers are larger: 256 MiB unless given. */
  readonly memoryBytes?: number
  /** Called in the thread of each stage, before its settings are looked at. */
  readonly before?: (context: StageContext) => void
}

/** Of a delivery that a program declares. Its settings are written when the first of its stages is made. */
export function declaredStages(
  name: string,
  settings: DeliverySettings,
  options: DeclareOptions,
): StageDefinition[] {
  const { later, before } = options
  const stored = (context: StageContext): StoredDelivery => {
    const { store, clock } = context
    before?.(context)
    const declared = { later, nowMs: clock.now() }
    declareDelivery(openDeliveries({ store, clock }), name, settings, declared)
    return mustRead(store, name)
  }
  const isPrepared = settings.transform !== undefined || later?.settings.transform !== undefined
  return stageDefinitions({ name, owner: 'app', id: 0 }, settings, isPrepared, { ...options, stored })
}

/** Of a delivery as the store has it. */
export function storedStages(
  delivery: StoredDelivery,
  options: { readonly services: OpenServices },
): StageDefinition[] {
  const { settings } = delivery.editions.at(-1)!
  return stageDefinitions(delivery, settings, delivery.isPrepared, {
    ...options,
    stored: ({ store }) => mustRead(store, delivery.name),
  })
}

interface MakeOptions {
  readonly services: OpenServices
  readonly lambdas?: readonly LambdaCode[]
  readonly stored: (context: StageContext) => StoredDelivery
  readonly memoryBytes?: number
}

function stageDefinitions(
  identity: Pick<StoredDelivery, 'name' | 'owner' | 'id'>,
  settings: DeliverySettings,
  isPrepared: boolean,
  { services, lambdas = [], stored, memoryBytes }: MakeOptions,
): StageDefinition[] {
  const { name } = identity
  const source = sourceStream(name, settings)
  const prepared = preparedStreamName(name)
  const own: StreamDefinition[] = settings.source.kind === 'direct' ? [directStreamOf(name)] : []
  const definition = (
    role: StageRole,
    make: StageDefinition['make'],
    more: Partial<StageDefinition> = {},
  ): StageDefinition => ({
    kind: 'delivery',
    name: stageNameOf(identity, role),
    from: [source],
    into: [],
    streams: own,
    waitsOutside: true,
    lambdas: [],
    make,
    ...more,
  })
  const definitions: StageDefinition[] = []
  if (isPrepared) {
    definitions.push(
      definition(
        'prepare',
        (context) =>
          prepareStage(stored(context), {
            delivery: name,
            context,
            services: services(context),
            memoryBytes,
          }),
        // A function of the program may wait for the clock, a process never does.
        {
          into: [prepared],
          streams: [...own, preparedStreamOf(name)],
          lambdas,
          waitsOutside: lambdas.length > 0,
        },
      ),
    )
  }
  definitions.push(
    definition(
      'files',
      (context) => {
        const delivery = stored(context)
        return filesStage(delivery, isPrepared, {
          delivery: name,
          context,
          services: services(context),
          memoryBytes,
        })
      },
      isPrepared ? { from: [source, prepared], streams: [...own, preparedStreamOf(name)] } : {},
    ),
  )
  if (settings.backup !== undefined) {
    definitions.push(
      definition('backup', (context) =>
        backupStage(stored(context), { delivery: name, context, services: services(context), memoryBytes }),
      ),
    )
  }
  return definitions
}

interface StagePlace {
  readonly delivery: string
  readonly context: StageContext
  readonly services: DeliveryServices
  readonly memoryBytes: number | undefined
}

function filesStage(delivery: StoredDelivery, isPrepared: boolean, place: StagePlace): DeliveryStage {
  const { context } = place
  const { settings } = delivery.editions.at(-1)!
  const chain = chainOf(delivery, settings)
  warnOfPrefixes(chain.stage, settings, context)
  const workDir = join(context.store.dir, 'work', chain.stage.replaceAll(/[^\w.-]/g, '-'))
  const workshop = lazyWorkshop(workDir)
  const targets: DeliveryTarget[] = []
  return new DeliveryStage(
    {
      name: chain.stage,
      role: 'DeliveryToS3',
      incarnation: incarnationOf(delivery),
      chain: () => {
        settleChain(context.store, chain, isPrepared)
        return firstInputs(chain, isPrepared)
      },
      outputs: (steps) =>
        new Outputs(
          context.store,
          delivery,
          makerOf(place, { workshop: workshop.open, workDir, opened: (target) => targets.push(target) }),
          steps,
        ),
      preparedStream: chain.preparedStream,
      aggregatedStream: settings.source.kind === 'stream' ? chain.source : undefined,
      sequenceNumber: sequenceNumbers(context.store, chain.source, settings),
      memoryMax: place.memoryBytes ?? Math.max(memoryMin, 3 * settings.destination.buffering.bytes),
      concurrency: storingOf(settings),
      close: async () => {
        for (const target of targets) await target.close()
        workshop.close()
      },
    },
    context,
  )
}

function warnOfPrefixes(stage: string, settings: DeliverySettings, { warnings }: StageContext): void {
  const found = prefixesOf(settings).warnings
  if (found.length > 0) warnings.say('DELIVERY_PREFIX', stage, `delivery "${stage}": ${found.join(' ')}`)
}

function prepareStage(delivery: StoredDelivery, { context, services }: StagePlace): PrepareStage {
  const { store, lambdas } = context
  const { region, account } = lambdas.services
  const { settings } = delivery.editions.at(-1)!
  const chain = chainOf(delivery, settings)
  const isStream = settings.source.kind === 'stream'
  return new PrepareStage(
    {
      name: chain.prepareStage,
      chain,
      delivery,
      mayBeAggregates: isStream,
      deliveryArn: `arn:aws:firehose:${region}:${account}:deliverystream/${delivery.name}`,
      sourceArn: isStream ? streamArn({ region, account }, chain.source) : undefined,
      region,
      transformer: (functionName) => services.transformer(functionName, context),
      unpack: (edition) => compileUnpack(edition.settings.unpack),
      sequenceNumber: sequenceNumbers(store, chain.source, settings),
      settleChain: () => settleChain(store, chain, true),
    },
    context,
  )
}

function backupStage(delivery: StoredDelivery, place: StagePlace): DeliveryStage {
  const { context } = place
  const { settings } = delivery.editions.at(-1)!
  const chain = chainOf(delivery, settings)
  const { backup } = settings
  return new DeliveryStage(
    {
      name: stageNameOf(delivery, 'backup'),
      role: 'BackupToS3',
      incarnation: incarnationOf(delivery),
      chain: () => firstInputs(chain, false),
      outputs: (steps) =>
        new Outputs(
          context.store,
          delivery,
          {
            followed: () => undefined,
            make: (edition, id) => {
              // Records from before the backup was asked for are kept as well, where they can be read.
              const settings = edition.settings.backup ?? backup
              if (settings === undefined) throw new Error('lake invariant: a backup stage without settings')
              return backupOutput(place, edition, id, settings)
            },
          },
          steps,
        ),
      preparedStream: undefined,
      aggregatedStream: settings.source.kind === 'stream' ? chain.source : undefined,
      sequenceNumber: () => null,
      memoryMax: place.memoryBytes ?? Math.max(memoryMin, 3 * (backup?.buffering.bytes ?? 0)),
      concurrency: storingMax,
    },
    context,
  )
}

/** A table takes one batch after the other; objects are independent of each other. */
function storingOf({ destination }: DeliverySettings): number {
  if (destination.kind === 'iceberg') return 1
  return destination.format.kind === 'parquet' ? parquetStoringMax : storingMax
}

interface Workplace {
  readonly workshop: () => ParquetWorkshop
  readonly workDir: string
  readonly opened: (target: DeliveryTarget) => void
}

function makerOf(place: StagePlace, { workshop, workDir, opened }: Workplace): OutputMaker {
  const { services } = place
  return {
    followed: ({ settings }) => {
      const followed = followedTable(settings)
      return followed && services.catalog?.table(followed.database, followed.name)?.version
    },
    make: (edition, id, schema) => {
      const { destination } = edition.settings
      if (destination.kind === 'iceberg')
        return tableOutput({ ...place, workDir, opened }, edition, id, destination, schema)
      const named = destination.format.kind === 'parquet' ? destination.format.schema : undefined
      const table =
        named?.kind === 'table'
          ? services.catalog?.table(named.database, named.name, named.version ?? schema)
          : undefined
      return filesOutput({ ...place, workshop, table }, edition, id, destination)
    },
  }
}

/** The table of the catalog whose newest version gives an edition's columns. */
function followedTable({
  destination,
}: DeliverySettings): { readonly database: string; readonly name: string } | undefined {
  if (destination.kind === 'iceberg')
    return destination.evolution === 'catalog' ? destination.table : undefined
  if (destination.format.kind !== 'parquet') return undefined
  const { schema } = destination.format
  return schema.kind === 'table' && schema.version === undefined ? schema : undefined
}

/** Opened by the first output that needs one. */
function lazyWorkshop(dir: string): { open(): ParquetWorkshop; close(): void } {
  let workshop: ParquetWorkshop | undefined
  return {
    open: () => {
      workshop ??= openParquetWorkshop({ dir })
      return workshop
    },
    close: () => workshop?.close(),
  }
}

function chainOf(delivery: StoredDelivery, settings: DeliverySettings): ChainPlace {
  return {
    stage: stageNameOf(delivery, 'files'),
    prepareStage: stageNameOf(delivery, 'prepare'),
    source: sourceStream(delivery.name, settings),
    preparedStream: preparedStreamName(delivery.name),
    starts: delivery.starts,
  }
}

function sourceStream(name: string, { source }: DeliverySettings): string {
  return source.kind === 'direct' ? directStreamName(name) : source.stream
}

/** Of an app's deliveries the commit that made them, in their data directory. */
function incarnationOf({ id, createdAt }: StoredDelivery): string {
  return `${id}@${createdAt}`
}

/** As clients of the stream see records; those that were put directly, or prepared, have none. */
function sequenceNumbers(
  store: Store,
  source: string,
  settings: DeliverySettings,
): (batch: RecordBatch, index: number) => string | null {
  return (batch, index) => {
    if (settings.source.kind !== 'stream' || batch.stream !== source) return null
    const info = store.stream(source)
    if (info === undefined) return null
    return formatSequenceNumber(info, batch.shard, batch.firstSequence + index, batch.arrivalTime)
  }
}

function mustRead(store: Store, name: string): StoredDelivery {
  const stored = readDelivery(store, name)
  if (stored !== undefined) return stored
  throw new LakeError('DELIVERY_MISSING', `there is no delivery "${name}" any more.`)
}
