/**
 * Sessions of browsers: who has shown an access key once and is known by a cookie from then on.
 *
 *   token   256 random bits, given out once, in the cookie. Kept is its SHA-256 alone, in memory: who reads the memory of a session
 *           cannot sign in with it, and a restart ends all sessions.
 *   CSRF    HMAC-SHA256 over the token's hash under a key of this process. The page sends it as a header of each change; a page of
 *           elsewhere, whose requests would carry the cookie, can neither read nor make it.
 *   end     after `idleMs` without use, after `lastMs` in any case, when its key is revoked, or when somebody signs out
 *
 * A session holds for the host and port under which it was opened, so that no other name for this machine speaks for it.
 * At most so many for each key and in all: the one that was used least recently goes. Cost of `find`: one SHA-256.
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@millrace/values'
import type { AccessKey } from '../auth/access-key.ts'
import type { Caller } from '../wire/wire-service.ts'
import { SignInTries } from './sign-in-tries.ts'

export interface SessionKeys {
  /** A key that is in force and may be proven by its secret alone. */
  lastingKey(keyId: string): AccessKey | undefined
  /** Its owner, under its policy. */
  lastingCaller(keyId: string): Caller | undefined
}

export interface BrowserSessionsOptions {
  readonly keys: SessionKeys
  readonly clock: Clock
  /** Default 30 minutes. */
  readonly idleMs?: number
  /** Default 12 hours. */
  readonly lastMs?: number
  readonly sessionsMax?: number
  readonly sessionsPerKeyMax?: number
}

export interface BrowserSession {
  readonly caller: Caller
  /** As the browser names the gateway: `console.example:4568`. */
  readonly host: string
  readonly csrf: string
  /** Ms since the epoch: it ends then, unless it is used before. */
  readonly idleAt: number
  /** Ms since the epoch: it ends then. */
  readonly endsAt: number
}

export type SignIn =
  | { readonly kind: 'open'; readonly token: string; readonly session: BrowserSession }
  /** No key of this id and secret is in force; which of them is wrong is not told. */
  | { readonly kind: 'wrong' }
  /** Too many were wrong. */
  | { readonly kind: 'wait'; readonly seconds: number }

interface Kept {
  readonly keyId: string
  readonly host: string
  readonly endsAt: number
  idleAt: number
}

const idleDefaultMs = 30 * 60_000
const lastDefaultMs = 12 * 3_600_000
const sessionsDefault = 1024
const sessionsPerKeyDefault = 32
const tokenPattern = /^[\w-]{43}$/

export class BrowserSessions {
  readonly #keys: SessionKeys
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #lastMs: number
  readonly #sessionsMax: number
  readonly #sessionsPerKeyMax: number
  readonly #csrfKey = randomBytes(32)
  /** Stands for the secret of keys that do not exist, so that they take as long to refuse. */
  readonly #nobody = randomBytes(32).toString('base64')
  readonly #tries: SignInTries
  /** By the token's hash, the least recently used first. */
  readonly #sessions = new Map<string, Kept>()

  constructor(options: BrowserSessionsOptions) {
    this.#keys = options.keys
    this.#clock = options.clock
    this.#idleMs = options.idleMs ?? idleDefaultMs
    this.#lastMs = options.lastMs ?? lastDefaultMs
    this.#sessionsMax = options.sessionsMax ?? sessionsDefault
    this.#sessionsPerKeyMax = options.sessionsPerKeyMax ?? sessionsPerKeyDefault
    this.#tries = new SignInTries(options.clock)
  }

  signIn({ keyId, secret, host }: { keyId: string; secret: string; host: string }): SignIn {
    const seconds = this.#tries.waitSeconds(keyId)
    if (seconds > 0) return { kind: 'wait', seconds }
    const key = this.#keys.lastingKey(keyId)
    const isRight = equalTexts(secret, key?.secret ?? this.#nobody)
    if (key === undefined || !isRight) {
      this.#tries.failed(keyId)
      return { kind: 'wrong' }
    }
    this.#makeRoom(keyId)
    const now = this.#clock.now()
    const token = randomBytes(32).toString('base64url')
    const endsAt = now + this.#lastMs
    this.#sessions.set(hashOf(token), {
      keyId,
      host,
      endsAt,
      idleAt: Math.min(now + this.#idleMs, endsAt),
    })
    const session = this.find(token)
    if (session === undefined) throw new Error('gateway invariant: a session that was opened is not there')
    return { kind: 'open', token, session }
  }

  /** The session of a token, which counts as used now; undefined if it has ended or never was. */
  find(token: string): BrowserSession | undefined {
    if (!tokenPattern.test(token)) return undefined
    const id = hashOf(token)
    const kept = this.#sessions.get(id)
    if (kept === undefined) return undefined
    const now = this.#clock.now()
    const caller = now < kept.idleAt ? this.#keys.lastingCaller(kept.keyId) : undefined
    this.#sessions.delete(id)
    if (caller === undefined) return undefined
    kept.idleAt = Math.min(now + this.#idleMs, kept.endsAt)
    this.#sessions.set(id, kept)
    const csrf = createHmac('sha256', this.#csrfKey).update(id).digest('base64url')
    return { caller, host: kept.host, csrf, idleAt: kept.idleAt, endsAt: kept.endsAt }
  }

  end(token: string): void {
    this.#sessions.delete(hashOf(token))
  }

  /** Ended ones go first, then those that were used least recently: of the key, then of all. */
  #makeRoom(keyId: string): void {
    const now = this.#clock.now()
    const ofKey: string[] = []
    for (const [id, kept] of this.#sessions) {
      if (now >= kept.idleAt) this.#sessions.delete(id)
      else if (kept.keyId === keyId) ofKey.push(id)
    }
    for (const id of ofKey.slice(0, Math.max(0, ofKey.length - this.#sessionsPerKeyMax + 1)))
      this.#sessions.delete(id)
    for (const id of this.#sessions.keys()) {
      if (this.#sessions.size < this.#sessionsMax) break
      this.#sessions.delete(id)
    }
  }
}

/** In a time that depends on neither text: their digests are compared. */
export function equalTexts(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
}

function hashOf(token: string): string {
  return hash('sha256', token, 'hex')
}
