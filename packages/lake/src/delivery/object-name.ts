/** The part of an object's key that makes it unique: a UUID that follows from what the object covers. */
import { createHash } from 'node:crypto'

/**
 * The same for the same parts, as a UUID of version 8 (RFC 9562: whatever the maker wants). What one stage covers never repeats, so
 * neither do ids; `incarnation` tells deliveries apart that were made one after the other under the same name.
 */
export function planId(stage: string, incarnation: string, part: string, to: readonly number[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([stage, incarnation, part, to]))
    .digest()
  hash[6] = (hash[6]! & 0x0f) | 0x80
  hash[8] = (hash[8]! & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}
