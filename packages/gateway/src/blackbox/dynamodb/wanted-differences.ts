/** Where we answer differently from an oracle on purpose, with the reason. Everything else is a fault. */

export interface WantedDifference {
  readonly reason: string
  /** Default: all. */
  readonly operations?: readonly string[]
  /** Of outcomes as showOutcome writes them. */
  readonly ours: RegExp
  readonly theirs: RegExp
}

export const fromDynalite: readonly WantedDifference[] = []

export const fromDynamodbLocal: readonly WantedDifference[] = []
