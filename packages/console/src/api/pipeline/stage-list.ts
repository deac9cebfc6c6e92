/**
 * The stages of a data directory: those of the app that runs on it, and the deliveries that clients have made, which run beside an app or
 * without one.
 */
import { type DeliverySettings, readDeliveries, type StoredDelivery, stageNameOf } from '@millrace/lake'
import { type AppDefinition, type FlowPlace, flowPlaceOf, type StageDefinition } from '@millrace/runtime'
import type { Store } from '@millrace/store'

export interface KnownStage {
  readonly kind: StageDefinition['kind']
  /** As the store and the reports have it. */
  readonly name: string
  /** As people have it. */
  readonly title: string
  readonly place: FlowPlace
  /** Undefined: made by a client of the API. */
  readonly definition: StageDefinition | undefined
  /** Of a stage that stores records outside. */
  readonly delivery?: { readonly settings: DeliverySettings; readonly role: DeliveryRole }
}

/** `prepare`: unpacks and transforms for `files`; `backup`: keeps records as they came. */
export type DeliveryRole = 'prepare' | 'files' | 'backup'

export function listStages(app: AppDefinition | undefined, store: Store): KnownStage[] {
  const deliveries = readDeliveries(store)
  const stages = (app?.stages ?? []).map((definition) => ofApp(definition, deliveries))
  for (const delivery of deliveries) {
    if (delivery.owner === 'api' || app === undefined) stages.push(...ofDirectory(delivery))
  }
  return stages
}

function ofApp(definition: StageDefinition, deliveries: readonly StoredDelivery[]): KnownStage {
  const { kind, name } = definition
  const known = { kind, name, title: name, place: flowPlaceOf(definition), definition }
  if (kind !== 'delivery') return known
  for (const delivery of deliveries) {
    if (delivery.owner !== 'app') continue
    const role = rolesOf(delivery).find((each) => stageNameOf(delivery, each) === name)
    if (role !== undefined) return { ...known, delivery: { settings: settingsOf(delivery), role } }
  }
  return known
}

function ofDirectory(delivery: StoredDelivery): KnownStage[] {
  const settings = settingsOf(delivery)
  const source = settings.source.kind === 'stream' ? settings.source.stream : `${delivery.name}.direct`
  const prepared = `${delivery.name}.prepared`
  return rolesOf(delivery).map((role) => {
    const name = stageNameOf(delivery, role)
    return {
      kind: 'delivery',
      name,
      title: role === 'files' ? delivery.name : `${delivery.name}.${role}`,
      place: {
        name,
        inputs: role === 'files' && delivery.isPrepared ? [source, prepared] : [source],
        reads: () => true,
      },
      definition: undefined,
      delivery: { settings, role },
    }
  })
}

function rolesOf(delivery: StoredDelivery): DeliveryRole[] {
  return [
    ...(delivery.isPrepared ? (['prepare'] as const) : []),
    'files',
    ...(settingsOf(delivery).backup === undefined ? [] : (['backup'] as const)),
  ]
}

function settingsOf({ editions, name }: StoredDelivery): DeliverySettings {
  const newest = editions.at(-1)
  if (newest === undefined) throw new Error(`console invariant: delivery "${name}" has no settings`)
  return newest.settings
}
