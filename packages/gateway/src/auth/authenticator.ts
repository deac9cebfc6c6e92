/**
 * Who calls. Three modes:
 *   verify    the signature is checked, and the key's policy holds
 *   lenient   the signature has to be there but is not checked; a known key acts under its policy, any other one may do
 *             everything, and an id of twelve digits names the account
 *   off       nothing is asked for; an id of twelve digits names the account
 * Without a mode: lenient as long as there are no keys, verify from the first key on, for good. The order of the checks
 * is that of the service: form, key, session, clock, signature.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@millrace/values'
import { WireError } from '../wire/wire-error.ts'
import type { Caller } from '../wire/wire-service.ts'
import { type AccessKey, defaultAccount, isAccount } from './access-key.ts'
import { checkAccessToken, keyIdOfToken, makeAccessToken, tokenSeconds } from './access-token.ts'
import {
  canonicalRequest,
  type SignableRequest,
  signature,
  signedValue,
  timestampOf,
} from './canonical-request.ts'
import { type Credential, invalidSignature, isSigned, readCredential } from './credential.ts'
import type { KeyRing, KnownKey } from './key-ring.ts'

export type AuthMode = 'verify' | 'lenient' | 'off'

export interface AuthenticatorOptions {
  /** Undefined: lenient as long as there are no keys. */
  readonly mode: AuthMode | undefined
  readonly keys: KeyRing
  readonly clock: Clock
  readonly clockSkewMs: number
  /** Accept `x-amz-content-sha256: UNSIGNED-PAYLOAD`, which leaves the body out of the signature. */
  readonly allowUnsignedPayload: boolean
}

export interface RequestToAuthenticate extends SignableRequest {
  readonly body: Uint8Array
}

const unsignedPayload = 'UNSIGNED-PAYLOAD'
const strangersMax = 1024

export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #strangers = new Map<string, Caller>()
  #sawKeys = false

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  get mode(): AuthMode {
    const { mode, keys } = this.#options
    if (mode !== undefined) return mode
    // Once closed, the door stays closed: a key file that vanishes must not open it.
    if (!this.#sawKeys && !keys.isEmpty) this.#sawKeys = true
    return this.#sawKeys ? 'verify' : 'lenient'
  }

  /** Whether a request without a signature may go on to be answered at all. */
  admitsUnsigned(request: SignableRequest): boolean {
    return this.mode === 'off' || isSigned(request)
  }

  /** Throws the WireError that the outcome calls for. */
  authenticate(request: RequestToAuthenticate): Caller {
    switch (this.mode) {
      case 'verify':
        return this.#verified(request)
      case 'lenient':
        return this.#lenient(request)
      case 'off':
        return this.#stranger(claimedKeyId(request))
    }
  }

  /** A key that its owner may prove to have by its secret alone. */
  lastingKey(keyId: string): AccessKey | undefined {
    return this.#usable(keyId)?.key
  }

  /** Its owner, under its policy. */
  lastingCaller(keyId: string): Caller | undefined {
    const known = this.#usable(keyId)
    return known === undefined ? undefined : new KnownCaller(known)
  }

  /** Who sent a token (access-token.ts). Where signatures are not verified, tokens are not either. */
  authenticateToken(token: string | undefined): Caller {
    const keyId = token === undefined ? undefined : keyIdOfToken(token)
    if (this.mode !== 'verify') return this.#stranger(keyId ?? 'anonymous')
    if (token === undefined) {
      throw new WireError('MissingAuthenticationTokenException', 'Missing Authentication Token', {
        status: 401,
      })
    }
    const known = keyId === undefined ? undefined : this.#usable(keyId)
    const verdict =
      known === undefined ? 'wrong' : checkAccessToken(token, known.key, this.#options.clock.now())
    if (known === undefined || verdict === 'wrong') throw unrecognized(401)
    if (verdict === 'expired') {
      throw new WireError('ExpiredTokenException', 'The access token is expired', { status: 401 })
    }
    return new KnownCaller(known)
  }

  /** A token for the id and secret of a key, or for another token that still holds. Undefined: they are not ours. */
  issueToken(proof: string): { readonly token: string; readonly expiresSeconds: number } | undefined {
    const now = this.#options.clock.now()
    const keyId = keyIdOfToken(proof)
    const known = keyId === undefined ? undefined : this.#usable(keyId)
    if (known !== undefined && checkAccessToken(proof, known.key, now) === 'valid')
      return { token: makeAccessToken(known.key, now), expiresSeconds: tokenSeconds }
    if (this.mode === 'verify') return undefined
    return { token: makeAccessToken({ id: 'ANYBODY', secret: '' }, now), expiresSeconds: tokenSeconds }
  }

  /** Keys of sessions need their token in a signature, so they cannot be used without one. */
  #usable(keyId: string): KnownKey | undefined {
    const known = this.#options.keys.find(keyId)
    return known?.key.status === 'active' && known.key.session === undefined ? known : undefined
  }

  #lenient(request: SignableRequest): Caller {
    const { keyId } = readCredential(request)
    const known = this.#options.keys.find(keyId)
    if (known === undefined) return this.#stranger(keyId)
    if (known.key.status === 'revoked') throw unrecognized()
    return new KnownCaller(known)
  }

  #verified(request: RequestToAuthenticate): Caller {
    const credential = readCredential(request)
    const known = this.#options.keys.find(credential.keyId)
    if (known === undefined || known.key.status === 'revoked') throw unrecognized()
    this.#checkSession(known, credential)
    this.#checkClock(credential)
    this.#checkSignature(known, credential, request)
    return new KnownCaller(known)
  }

  #checkSession(known: KnownKey, { sessionToken }: Credential): void {
    const { session } = known.key
    if (session === undefined && sessionToken === undefined) return
    if (session === undefined || sessionToken === undefined || !equalTexts(session.token, sessionToken)) {
      throw unrecognized()
    }
    if (this.#options.clock.now() >= session.expiresAt) {
      throw new WireError('ExpiredTokenException', 'The security token included in the request is expired')
    }
  }

  #checkClock({ time, timestamp, expiresSeconds }: Credential): void {
    const { clock, clockSkewMs } = this.#options
    const now = clock.now()
    const skew = `${Math.round(clockSkewMs / 60_000)} min.`
    const lastingMs = expiresSeconds === undefined ? clockSkewMs : expiresSeconds * 1000
    if (now - time > lastingMs) {
      throw invalidSignature(
        `Signature expired: ${timestamp} is now earlier than ${timestampOf(now - lastingMs)} (${timestampOf(now)} - ${
          expiresSeconds === undefined ? skew : `${expiresSeconds} s`
        })`,
      )
    }
    if (time - now > clockSkewMs) {
      throw invalidSignature(
        `Signature not yet current: ${timestamp} is still later than ${timestampOf(now + clockSkewMs)} ` +
          `(${timestampOf(now)} + ${skew})`,
      )
    }
  }

  #checkSignature(known: KnownKey, credential: Credential, request: RequestToAuthenticate): void {
    const { scope, signedHeaders, timestamp } = credential
    if (!signedHeaders.includes('host') && !signedHeaders.includes(':authority')) {
      throw invalidSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    }
    // Otherwise a signed body could be sent again to another operation.
    if (!signedHeaders.includes('x-amz-target') && signedValue(request, 'x-amz-target') !== undefined) {
      throw invalidSignature("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.")
    }
    const canonical = canonicalRequest(request, { signedHeaders, payloadHash: this.#payloadHash(request) })
    const expected = signature(known.signingKey(scope), { timestamp, scope, canonical })
    const given = /^[0-9a-f]{64}$/.test(credential.signature)
      ? Buffer.from(credential.signature, 'hex')
      : undefined
    if (given === undefined || !timingSafeEqual(given, expected)) throw mismatch()
  }

  #payloadHash(request: RequestToAuthenticate): string {
    const stated = signedValue(request, 'x-amz-content-sha256')
    if (stated === unsignedPayload && this.#options.allowUnsignedPayload) return unsignedPayload
    const actual = hash('sha256', request.body, 'hex')
    if (stated !== undefined && stated !== actual) throw mismatch()
    return actual
  }

  /** Callers that no key is known of: they may do everything. */
  #stranger(keyId: string): Caller {
    const known = this.#strangers.get(keyId)
    if (known !== undefined) return known
    if (this.#strangers.size >= strangersMax) this.#strangers.clear()
    const account = isAccount(keyId) ? keyId : defaultAccount
    const caller: Caller = { keyId, account, authorize: () => {} }
    this.#strangers.set(keyId, caller)
    return caller
  }
}

class KnownCaller implements Caller {
  readonly #known: KnownKey

  constructor(known: KnownKey) {
    this.#known = known
  }

  get keyId(): string {
    return this.#known.key.id
  }

  get account(): string {
    return this.#known.key.account
  }

  authorize(action: string, resourceArn: string): void {
    if (this.#known.allows(action, resourceArn)) return
    throw new WireError(
      'AccessDeniedException',
      `User: arn:aws:iam::${this.account}:user/${this.keyId} is not authorized to perform: ${action} on resource: ` +
        `${resourceArn} because no identity-based policy allows the ${action} action`,
    )
  }
}

/** The key id that a request names, if it names one in a form that can be read. */
function claimedKeyId(request: SignableRequest): string {
  try {
    return readCredential(request).keyId
  } catch {
    return 'anonymous'
  }
}

function unrecognized(status = 400): WireError {
  return new WireError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
    { status },
  )
}

function mismatch(): WireError {
  return invalidSignature(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access ' +
      'Key and signing method. Consult the service documentation for details.',
  )
}

function equalTexts(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
