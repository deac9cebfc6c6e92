/**
 * The access keys as the running gateway knows them. The file may change at any time (`millrace keys`): it is looked at
 * again at most once a second, by a stat. Where it has become unreadable, the keys known before stay in force.
 * Signing keys are cached per key and scope: deriving one takes four HMACs, verifying with it one.
 */
import { join } from 'node:path'
import type { Clock } from '@millrace/values'
import type { AccessKey } from './access-key.ts'
import { type Scope, scopeText, signingKey } from './canonical-request.ts'
import { keyFileMark, keyFileName, readKeyFile } from './key-file.ts'
import { policyAllows } from './policy.ts'

const lookEveryMs = 1000
/** Scopes hold regions that the client chooses, and resources names that it chooses: both caches have a bound. */
const cachedScopesMax = 64
const cachedDecisionsMax = 4096

export interface KeyRingOptions {
  /** Data directory; without one there are no keys. */
  readonly directory: string | undefined
  readonly clock: Clock
  /** Keys of this process itself: known beside the file's, never written anywhere, and no reason to verify signatures. */
  readonly own?: readonly AccessKey[]
  /** Hears that the file has become unreadable while the gateway runs. */
  readonly onProblem: (error: unknown) => void
}

export class KeyRing {
  readonly #path: string | undefined
  readonly #clock: Clock
  readonly #onProblem: (error: unknown) => void
  readonly #own: ReadonlyMap<string, KnownKey>
  #keys: ReadonlyMap<string, KnownKey> = new Map()
  #mark = ''
  #lookedAt = Number.NEGATIVE_INFINITY

  /** Throws GATEWAY_KEYS_INVALID. */
  constructor({ directory, clock, own = [], onProblem }: KeyRingOptions) {
    this.#path = directory === undefined ? undefined : join(directory, keyFileName)
    this.#clock = clock
    this.#own = new Map(own.map((key) => [key.id, new KnownKey(key)]))
    this.#onProblem = onProblem
    this.#load()
  }

  /** Of keys in the file. Also counts revoked ones: who revokes the last one does not mean to open the door. */
  get isEmpty(): boolean {
    this.#lookAgain()
    return this.#keys.size === 0
  }

  find(keyId: string): KnownKey | undefined {
    const own = this.#own.get(keyId)
    if (own !== undefined) return own
    this.#lookAgain()
    return this.#keys.get(keyId)
  }

  #lookAgain(): void {
    if (this.#path === undefined) return
    const now = this.#clock.now()
    if (now - this.#lookedAt < lookEveryMs) return
    this.#lookedAt = now
    if (keyFileMark(this.#path) === this.#mark) return
    try {
      this.#load()
    } catch (error) {
      this.#onProblem(error)
    }
  }

  #load(): void {
    if (this.#path === undefined) return
    this.#lookedAt = this.#clock.now()
    // The mark first: a change between the two reads is then seen the next time.
    this.#mark = keyFileMark(this.#path)
    this.#keys = new Map(readKeyFile(this.#path).map((key) => [key.id, new KnownKey(key)]))
  }
}

export class KnownKey {
  readonly key: AccessKey
  readonly #signingKeys = new Map<string, Buffer>()
  readonly #decisions = new Map<string, boolean>()

  constructor(key: AccessKey) {
    this.key = key
  }

  signingKey(scope: Scope): Buffer {
    const text = scopeText(scope)
    const known = this.#signingKeys.get(text)
    if (known !== undefined) return known
    if (this.#signingKeys.size >= cachedScopesMax) this.#signingKeys.clear()
    const key = signingKey(this.key.secret, scope)
    this.#signingKeys.set(text, key)
    return key
  }

  allows(action: string, resourceArn: string): boolean {
    const question = `${action} ${resourceArn}`
    const known = this.#decisions.get(question)
    if (known !== undefined) return known
    if (this.#decisions.size >= cachedDecisionsMax) this.#decisions.clear()
    const answer = policyAllows(this.key.policy, action, resourceArn)
    this.#decisions.set(question, answer)
    return answer
  }
}
