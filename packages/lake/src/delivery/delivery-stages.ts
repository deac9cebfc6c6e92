/** The stages of a delivery, made from its settings: prepare (with a transform), files or table, backup (if asked for). */
import type { LambdaCode, StageContext, DeliveryStage as StageDefinition } from '@millrace/runtime'
import type { RecordBatch, Store, StreamDefinition } from '@millrace/store'
import { formatSequenceNumber } from '@millrace/values'
import { LakeError } from '../errors.ts'
import type { Edition, StoredDelivery } from './delivery-items.ts'
import { readDelivery } from './delivery-items.ts'
import {
  directStreamName,
  directStreamOf,
  preparedStreamName,
  preparedStreamOf,
  type StageRole,
  stageNameOf,
} from './delivery-names.ts'
import type { Output } from './delivery-output.ts'
import type { DeliveryServices } from './delivery-port.ts'
import type { DeliverySettings } from './delivery-settings.ts'
import { DeliveryStage } from './delivery-stage.ts'
import { backupOutput, filesOutput } from './files-output.ts'
import { type ChainPlace, firstInputs, settleChain } from './input-chain.ts'
import { declareDelivery, openDeliveries } from './open-deliveries.ts'
import { Outputs } from './outputs.ts'

/** Of buffers of one stage together, unless its buffers are larger. */
const memoryMin = 256 * 1024 * 1024
const storingMax = 16

/** Services for a stage, made in its thread. */
export type OpenServices = (context: StageContext) => DeliveryServices

/** Of a delivery that a program declares. Its settings are written when the first of its stages is made. */
export function declaredStages(
  name: string,
  settings: DeliverySettings,
  options: { readonly services: OpenServices; readonly lambdas?: readonly LambdaCode[] },
): StageDefinition[] {
  const stored = (context: StageContext): StoredDelivery => {
    const { store, clock } = context
    declareDelivery(openDeliveries({ store, clock }), name, settings)
    return mustRead(store, name)
  }
  const isPrepared = settings.transform !== undefined
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
}

function stageDefinitions(
  identity: Pick<StoredDelivery, 'name' | 'owner' | 'id'>,
  settings: DeliverySettings,
  isPrepared: boolean,
  { services, lambdas = [], stored }: MakeOptions,
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
  void lambdas
  definitions.push(
    definition(
      'files',
      (context) => {
        const delivery = stored(context)
        return filesStage(delivery, isPrepared, { delivery: name, context, services: services(context) })
      },
      isPrepared ? { from: [source, prepared], streams: [...own, preparedStreamOf(name)] } : {},
    ),
  )
  if (settings.backup !== undefined) {
    definitions.push(
      definition('backup', (context) =>
        backupStage(stored(context), { delivery: name, context, services: services(context) }),
      ),
    )
  }
  return definitions
}

interface StagePlace {
  readonly delivery: string
  readonly context: StageContext
  readonly services: DeliveryServices
}

function filesStage(delivery: StoredDelivery, isPrepared: boolean, place: StagePlace): DeliveryStage {
  const { context } = place
  const { settings } = delivery.editions.at(-1)!
  const chain = chainOf(delivery, settings)
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
          {
            followed: () => undefined,
            make: (edition, id) => outputOf(place, edition, id),
          },
          steps,
        ),
      preparedStream: chain.preparedStream,
      aggregatedStream: settings.source.kind === 'stream' ? chain.source : undefined,
      sequenceNumber: sequenceNumbers(context.store, chain.source, settings),
      memoryMax: Math.max(memoryMin, 3 * settings.destination.buffering.bytes),
      concurrency: settings.destination.kind === 'files' ? storingMax : 1,
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
      memoryMax: Math.max(memoryMin, 3 * (backup?.buffering.bytes ?? 0)),
      concurrency: storingMax,
    },
    context,
  )
}

function outputOf(place: StagePlace, edition: Edition, id: string): Output {
  const { destination } = edition.settings
  if (destination.kind === 'files') return filesOutput(place, edition, id, destination)
  throw new LakeError(
    'DELIVERY_INVALID',
    `delivery "${place.delivery}": there is nobody here who writes to tables of the format "${destination.kind}".`,
  )
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
