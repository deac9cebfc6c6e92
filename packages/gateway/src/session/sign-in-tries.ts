/**
 * How often somebody may be wrong about a secret: ten times in a row for one key, then once in ten seconds; and so often for all
 * keys together that trying many of them costs this process little. Only what was wrong counts.
 *
 * Ids come from outside, so they are filed under a fixed number of buckets by a hash that nobody else can compute: no id makes the
 * table grow, none pushes another one out, and that an id is known cannot be told from when it is refused.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '@millrace/values'
import { TokenBucket } from '../limits/token-bucket.ts'

const bucketCount = 256
const inRow = 10
const secondsEach = 10
const inRowOfAll = 100
const perSecondOfAll = 5

export class SignInTries {
  readonly #clock: Clock
  readonly #salt = randomBytes(32)
  readonly #all: TokenBucket
  readonly #buckets: readonly TokenBucket[]

  constructor(clock: Clock) {
    const nowMs = clock.now()
    this.#clock = clock
    this.#all = new TokenBucket({ capacity: inRowOfAll, perSecond: perSecondOfAll, nowMs })
    this.#buckets = Array.from(
      { length: bucketCount },
      () => new TokenBucket({ capacity: inRow, perSecond: 1 / secondsEach, nowMs }),
    )
  }

  /** 0: the secret may be looked at. Otherwise ask again in so many seconds. */
  waitSeconds(keyId: string): number {
    const now = this.#clock.now()
    if (!this.#of(keyId).has(1, now)) return secondsEach
    return this.#all.has(1, now) ? 0 : 1
  }

  failed(keyId: string): void {
    const now = this.#clock.now()
    this.#of(keyId).take(1, now)
    this.#all.take(1, now)
  }

  #of(keyId: string): TokenBucket {
    const [first = 0] = createHmac('sha256', this.#salt).update(keyId).digest()
    // A byte is below bucketCount.
    return this.#buckets[first]!
  }
}
