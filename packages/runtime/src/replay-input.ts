/**
 * Hands over again what a stage has read already, in the order in which it was read: every record from where the stage began up
 * to its positions. It serves the rebuilding of state (state-plan.ts).
 */
import type { Store } from '@millrace/store'
import { MergedInput } from './merged-input.ts'
import type { Records } from './shard-cursor.ts'

export interface ReplayedStream {
  readonly stream: string
  /** By shard: where the stage began, and the next sequence that it has not read; undefined: it does not read the shard. */
  readonly starts: readonly (number | undefined)[]
  readonly positions: readonly (number | undefined)[]
}

export interface ReplayLimits {
  readonly records: number
  readonly bytes: number
}

export async function replayInput(
  store: Store,
  streams: readonly ReplayedStream[],
  limits: ReplayLimits,
  use: (pieces: readonly Records[]) => void | Promise<void>,
): Promise<void> {
  const targets = new Map(streams.map(({ stream, positions }) => [stream, positions]))
  const input = new MergedInput(
    store,
    streams.map(({ stream, starts }) => ({ stream, positions: starts })),
  )
  const targetOf = (stream: string, shard: number) => targets.get(stream)?.[shard] ?? 0
  while (input.cursors.some(({ stream, shard, position }) => position < targetOf(stream, shard))) {
    const { pieces } = input.take(limits.records, limits.bytes)
    if (pieces.length === 0) return
    const known = pieces.flatMap((piece) => {
      if (piece.kind === 'stretch') return []
      const { batch, from } = piece
      const to = Math.min(piece.to, targetOf(batch.stream, batch.shard) - batch.firstSequence)
      return to > from ? [{ ...piece, to }] : []
    })
    await use(known)
  }
}
