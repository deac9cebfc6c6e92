/** Names that follow from a delivery's: of its stages, and of the streams that are its own. */
import type { StreamDefinition } from '@millrace/store'

/** Records that clients put and those that a function has transformed are kept this long, as Firehose keeps what it cannot store. */
const retentionMs = 24 * 3_600_000

export type StageRole = 'files' | 'prepare' | 'backup'

export interface DeliveryIdentity {
  readonly name: string
  readonly owner: 'app' | 'api'
  /** Told apart from deliveries that had the name before. */
  readonly id: number
}

/**
 * The name of a stage, under which its positions are kept. Those of the API's deliveries cannot be stages of an app, nor those of a
 * delivery that had the name before.
 */
export function stageNameOf({ name, owner, id }: DeliveryIdentity, role: StageRole): string {
  const base = owner === 'app' ? name : `delivery:${name}#${id}`
  return role === 'files' ? base : `${base}.${role}`
}

export const stageRoles: readonly StageRole[] = ['prepare', 'files', 'backup']

export function directStreamName(delivery: string): string {
  return `${delivery}.direct`
}

export function preparedStreamName(delivery: string): string {
  return `${delivery}.prepared`
}

export function directStreamOf(delivery: string): StreamDefinition {
  return { name: directStreamName(delivery), shards: 1, retentionMs }
}

export function preparedStreamOf(delivery: string): StreamDefinition {
  return { name: preparedStreamName(delivery), shards: 1, retentionMs }
}
