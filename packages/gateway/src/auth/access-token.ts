/**
 * Access tokens: what clients of protocols without signatures send (`Authorization: Bearer ...`). A token is made for the id and the
 * secret of an access key and holds for an hour; nothing is stored, because it proves itself:
 *   mrt1.<key id>.<end, seconds since 1970>.<HMAC-SHA256 over what stands before it, base64url>
 * The MAC's key derives from the secret, so a token ends with its key. Clients that cannot ask for one send `<key id>:<secret>` itself.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

const version = 'mrt1'
export const tokenSeconds = 3600

export function makeAccessToken(
  key: { readonly id: string; readonly secret: string },
  nowMs: number,
): string {
  const claim = `${version}.${key.id}.${Math.floor(nowMs / 1000) + tokenSeconds}`
  return `${claim}.${mac(key.secret, claim).toString('base64url')}`
}

/** Of the key that a token or a pair says it is of. */
export function keyIdOfToken(token: string): string | undefined {
  return /^(?:mrt1\.([A-Z0-9]+)\.|([A-Z0-9]+):)/
    .exec(token)
    ?.slice(1)
    .find((id) => id !== undefined)
}

export type TokenVerdict = 'valid' | 'expired' | 'wrong'

export function checkAccessToken(
  token: string,
  key: { readonly id: string; readonly secret: string },
  nowMs: number,
): TokenVerdict {
  if (token.startsWith(`${key.id}:`)) return equal(token, `${key.id}:${key.secret}`) ? 'valid' : 'wrong'
  const parts = /^(mrt1\.([A-Z0-9]+)\.(\d{1,12}))\.([\w-]{43})$/.exec(token)
  if (parts === null) return 'wrong'
  const [, claim = '', id, end, given = ''] = parts
  if (id !== key.id || !timingSafeEqual(Buffer.from(given, 'base64url'), mac(key.secret, claim)))
    return 'wrong'
  return nowMs < Number(end) * 1000 ? 'valid' : 'expired'
}

function mac(secret: string, claim: string): Buffer {
  const key = createHmac('sha256', secret).update('millrace access token').digest()
  return createHmac('sha256', key).update(claim).digest()
}

/** Lengths may be told, contents not. */
function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
