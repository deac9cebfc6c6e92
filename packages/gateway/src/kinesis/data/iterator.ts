/**
 * Shard iterators: opaque to clients, sealed by AES-256-GCM, so that one cannot be made up or changed. Base64 of
 *   12 nonce | sealed: u8 version 1, u8 length of the name, name, f64 time the stream was made, u32 shard, f64 position,
 *   f64 time of issue (little-endian) | 16 tag
 * The key is made of random bytes when first needed and kept in the store, so iterators outlive a restart. An iterator
 * holds no state on our side: it may be used any number of times within its life (5 minutes for those of Kinesis).
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Store } from '@millrace/store'
import { WireError } from '../../wire/wire-error.ts'

/** Where a reader goes on. */
export interface IteratorPosition {
  readonly stream: string
  /** Ms; tells a stream from an earlier one of the same name. */
  readonly streamCreatedAt: number
  readonly shard: number
  /** The next sequence of the store to read. */
  readonly position: number
}

export const ITERATOR_LIFE_MS = 300_000

const VERSION = 1
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Of the sealed part, without the name. */
const FIXED_BYTES = 30
/** The small record in which the store keeps the key. */
const KEY_STAGE = 'gateway/kinesis-iterator-key'

/** What differs from service to service. */
export interface IteratorKind {
  /** Goes into the seal, so that no service takes another's iterators. */
  readonly service: string
  readonly lifeMs: number
  /** For what is no iterator of the service. */
  readonly invalid: () => WireError
}

const kinesis: IteratorKind = {
  // As it was when there was one service only: its iterators stay good.
  service: '',
  lifeMs: ITERATOR_LIFE_MS,
  invalid: () => new WireError('InvalidArgumentException', 'Invalid ShardIterator.'),
}

export class IteratorSeal {
  readonly #store: Store
  readonly #kind: IteratorKind
  readonly #service: Uint8Array
  #key: Uint8Array | undefined

  constructor(store: Store, kind: IteratorKind = kinesis) {
    this.#store = store
    this.#kind = kind
    this.#service = Buffer.from(kind.service)
  }

  seal({ stream, streamCreatedAt, shard, position }: IteratorPosition, nowMs: number): string {
    const name = Buffer.from(stream)
    const plain = Buffer.alloc(FIXED_BYTES + name.length)
    let at = plain.writeUInt8(VERSION)
    at = plain.writeUInt8(name.length, at)
    at += name.copy(plain, at)
    at = plain.writeDoubleLE(streamCreatedAt, at)
    at = plain.writeUInt32LE(shard, at)
    at = plain.writeDoubleLE(position, at)
    plain.writeDoubleLE(nowMs, at)
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#mustKey(), nonce).setAAD(this.#service)
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString(
      'base64',
    )
  }

  /** Errors: the kind's for what is no iterator of its service, ExpiredIteratorException. */
  open(iterator: string, nowMs: number): IteratorPosition {
    const plain = this.#unseal(iterator)
    if (plain === undefined || plain[0] !== VERSION) throw this.#kind.invalid()
    const at = 2 + plain.readUInt8(1)
    const stream = plain.toString('utf8', 2, at)
    const streamCreatedAt = plain.readDoubleLE(at)
    const shard = plain.readUInt32LE(at + 8)
    const position = plain.readDoubleLE(at + 12)
    const issuedAt = plain.readDoubleLE(at + 20)
    const { lifeMs } = this.#kind
    if (nowMs - issuedAt > lifeMs) throw expired(issuedAt, nowMs, lifeMs)
    return { stream, streamCreatedAt, shard, position }
  }

  #unseal(iterator: string): Buffer | undefined {
    const bytes = Buffer.from(iterator, 'base64')
    // Decoding ignores what is not base64, so the text is compared; then a changed character is always a changed byte.
    if (bytes.length < NONCE_BYTES + TAG_BYTES + FIXED_BYTES || bytes.toString('base64') !== iterator)
      return undefined
    const tagAt = bytes.length - TAG_BYTES
    const decipher = createDecipheriv('aes-256-gcm', this.#mustKey(), bytes.subarray(0, NONCE_BYTES))
    decipher.setAAD(this.#service)
    decipher.setAuthTag(bytes.subarray(tagAt))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, tagAt)), decipher.final()])
    } catch {
      return undefined
    }
  }

  #mustKey(): Uint8Array {
    this.#key ??= this.#store.getStage(KEY_STAGE) ?? this.#makeKey()
    return this.#key
  }

  #makeKey(): Uint8Array {
    const key = randomBytes(KEY_BYTES)
    this.#store.commit((transaction) => transaction.setStage(KEY_STAGE, key))
    return key
  }
}

function expired(issuedAt: number, nowMs: number, lifeMs: number): WireError {
  return new WireError(
    'ExpiredIteratorException',
    `Iterator expired. The iterator was created at time ${dateText(issuedAt)} while right now it is ${dateText(nowMs)} which is further in the future than the tolerated delay of ${lifeMs} milliseconds.`,
  )
}

/** As the service writes it: Wed Nov 25 13:04:05 UTC 2015. */
function dateText(ms: number): string {
  const [day, date, month, year, time] = new Date(ms).toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${date} ${time} UTC ${year}`
}
