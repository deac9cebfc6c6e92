/**
 * What the two sides of replication say of how far they are (documentation: "Streaming Replication Protocol"):
 *
 *   w XLogData  start 8, end 8, time 8, then the message          k Keepalive  end 8, time 8, isReplyWanted 1
 *   r Status    written 8, flushed 8, applied 8, time 8, isReplyWanted 1
 *
 * `flushed` is what the server may forget.
 */
import type { Lsn } from '../pgoutput/lsn.ts'

export const streamKind = { xlogData: 0x77, keepalive: 0x6b } as const

export const xlogHeaderBytes = 25
export const keepaliveBytes = 18

const postgresEpochMs = 946_684_800_000

export function statusMessage(
  flushed: Lsn,
  nowMs: number,
  options: { readonly isReplyWanted: boolean },
): Buffer {
  const out = Buffer.alloc(34)
  out[0] = 0x72
  out.writeBigUInt64BE(flushed, 1)
  out.writeBigUInt64BE(flushed, 9)
  out.writeBigUInt64BE(flushed, 17)
  out.writeBigInt64BE(BigInt(Math.floor((nowMs - postgresEpochMs) * 1000)), 25)
  out[33] = options.isReplyWanted ? 1 : 0
  return out
}
