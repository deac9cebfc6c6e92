/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677) on the server's side, without channel binding: two messages each way, after which both sides
 * know that the other knows the secret, and neither has sent it. The user is that of the startup message, as Postgres has it.
 */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(pbkdf2)
const iterations = 4096

export class ScramFault extends Error {}

export class ScramExchange {
  /** Undefined of a user that is not known: the exchange goes on in the same steps, and fails. */
  readonly #secret: string | undefined
  readonly #salt: Buffer
  readonly #serverNonce: string
  #clientFirstBare = ''
  #serverFirst = ''
  #header = ''
  #nonce = ''

  /** `noise`: 42 random bytes, made anew for each exchange. */
  constructor(secret: string | undefined, noise: Buffer) {
    this.#secret = secret
    this.#serverNonce = noise.subarray(0, 18).toString('base64')
    this.#salt = noise.subarray(18, 34)
  }

  /** Takes the client's first message, gives the server's. Throws ScramFault. */
  begin(clientFirst: string): string {
    const match = /^([ny],,)(.*)$/s.exec(clientFirst)
    const [, header = '', bare = ''] = match ?? []
    const nonce = /(?:^|,)r=([!-+\--~]+)/.exec(bare)?.[1]
    if (match === null || nonce === undefined)
      throw new ScramFault('malformed first message of SCRAM-SHA-256')
    this.#header = header
    this.#clientFirstBare = bare
    this.#nonce = nonce + this.#serverNonce
    this.#serverFirst = `r=${this.#nonce},s=${this.#salt.toString('base64')},i=${iterations}`
    return this.#serverFirst
  }

  /** Takes the client's proof; gives the server's own, or undefined where the client does not know the secret. */
  async finish(clientFinal: string): Promise<string | undefined> {
    const match = /^(c=([^,]*),r=([^,]*)(?:,[^p][^,]*)*),p=([A-Za-z0-9+/=]+)$/.exec(clientFinal)
    const [, withoutProof = '', binding = '', nonce = '', proofText = ''] = match ?? []
    if (match === null || Buffer.from(binding, 'base64').toString() !== this.#header || nonce !== this.#nonce)
      throw new ScramFault('malformed last message of SCRAM-SHA-256')
    const salted = await derive(this.#secret ?? this.#serverNonce, this.#salt, iterations, 32, 'sha256')
    const clientKey = hmac(salted, 'Client Key')
    const storedKey = createHash('sha256').update(clientKey).digest()
    const exchanged = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`
    const mask = hmac(storedKey, exchanged)
    const proof = Buffer.from(proofText, 'base64')
    const expected = Buffer.from(clientKey.map((byte, i) => byte ^ (mask[i] ?? 0)))
    if (proof.length !== expected.length || !timingSafeEqual(proof, expected) || this.#secret === undefined)
      return undefined
    return `v=${hmac(hmac(salted, 'Server Key'), exchanged).toString('base64')}`
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
