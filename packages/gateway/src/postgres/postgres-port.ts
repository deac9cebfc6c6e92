/** What the server over the lake is told: who may come in, and what a client may cost. */
import type { LakeAccess } from '@millrace/lake'

export interface PostgresLimits {
  readonly connectionsMax: number
  readonly messageBytesMax: number
  /** From the connection to the session. */
  readonly startupMs: number
  readonly idleMs: number
  /** How long rows that were asked for may wait until the client takes them. */
  readonly stalledMs: number
  /** How long a portal that was read in part stays open while nothing comes: its query keeps one of few turns. */
  readonly portalMs: number
  /** Between two looks at these times. */
  readonly sweepMs: number
}

export const defaultPostgresLimits: PostgresLimits = {
  connectionsMax: 100,
  messageBytesMax: 16 * 2 ** 20,
  startupMs: 20_000,
  // Pools of BI tools keep connections for a working day.
  idleMs: 12 * 3_600_000,
  stalledMs: 60_000,
  portalMs: 60_000,
  sweepMs: 5_000,
}

export interface PostgresUser {
  /** Undefined: everything may be read. */
  readonly access: LakeAccess | undefined
}

export interface PostgresAuth {
  /** What somebody of this name has to show. `secret` undefined: nobody of this name comes in. */
  user(
    name: string,
  ):
    | { readonly kind: 'trusted'; readonly user: PostgresUser }
    | { readonly kind: 'scram'; readonly secret: string | undefined; readonly user: PostgresUser | undefined }
}
