/** Where a reader of a stream is, as one text: the next sequence of each shard. It holds for this very stream alone. */
import { AdminProblem } from '@millrace/gateway'
import type { StreamInfo } from '@millrace/store'

export function positionToken({ uid }: StreamInfo, positions: readonly number[]): string {
  return Buffer.from(JSON.stringify([uid, ...positions])).toString('base64url')
}

/** Positions of all shards; those of shards that were opened since are their beginnings. Undefined: it is no token of the stream. */
export function readPositionToken(info: StreamInfo, token: string): number[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch {
    return undefined
  }
  if (!Array.isArray(value)) return undefined
  const [uid, ...positions] = value as unknown[]
  if (uid !== info.uid || positions.length > info.shardInfos.length) return undefined
  if (!positions.every((each) => typeof each === 'number' && Number.isSafeInteger(each) && each >= 0))
    return undefined
  return info.shardInfos.map(({ shard, oldest, next }) =>
    // Each was just seen to be a number.
    Math.min(next, Math.max(oldest, (positions[shard] as number | undefined) ?? 0)),
  )
}

export function mustPositions(info: StreamInfo, token: string): number[] {
  const positions = readPositionToken(info, token)
  if (positions !== undefined) return positions
  throw new AdminProblem(
    'TOKEN_INVALID',
    `"next" has to be what "next" of an earlier page of stream "${info.name}" was. Begin anew with "at".`,
  )
}
