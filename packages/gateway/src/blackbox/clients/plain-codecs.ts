/** Encodings of plain requests: JSON by the language, CBOR by our own codec, and CBOR by AWS's library. */
import { createRequire } from 'node:module'
import { cbor, tag, tagSymbol } from '@smithy/core/cbor'
import { decodeCbor } from '../../wire/cbor-decode.ts'
import { encodeCbor } from '../../wire/cbor-encode.ts'
import { fromJson, type Members } from '../client.ts'
import type { PlainCodec } from './plain-client.ts'

export const jsonCodec: PlainCodec = {
  title: 'plain JSON',
  contentType: 'application/x-amz-json-1.1',
  encode: (input) => Buffer.from(JSON.stringify(toJson(input))),
  decode: (bytes) => fromJson(JSON.parse(Buffer.from(bytes).toString('utf8'))),
}

export const ownCborCodec: PlainCodec = {
  title: 'plain CBOR',
  contentType: 'application/x-amz-cbor-1.1',
  encode: encodeCbor,
  decode: decodeCbor,
}

export const awsCborCodec: PlainCodec = {
  title: `CBOR of @smithy/core ${createRequire(import.meta.url)('@smithy/core/package.json').version}`,
  contentType: 'application/x-amz-cbor-1.1',
  encode: (input) => Uint8Array.from(cbor.serialize(toTagged(input))),
  decode: (bytes) => fromTagged(cbor.deserialize(bytes)),
}

function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Date) return value.getTime() / 1000
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toJson(member)]))
}

function toTagged(value: unknown): unknown {
  if (value instanceof Uint8Array) return value
  if (value instanceof Date) return tag({ tag: 1, value: value.getTime(), [tagSymbol]: true })
  if (Array.isArray(value)) return value.map(toTagged)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, toTagged(member)]))
}

function fromTagged(value: unknown): unknown {
  // Blobs are slices of the reply, and the codec gives integers as bigints where they need more than 32 bits.
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(fromTagged)
  if (typeof value !== 'object' || value === null) return value
  if (tagSymbol in value) {
    // The codec marks what it read as a tag with this symbol.
    const tagged = value as unknown as { tag: bigint | number; value: bigint | number }
    if (Number(tagged.tag) !== 1) throw new Error(`tag ${tagged.tag} in a reply`)
    return new Date(Number(tagged.value))
  }
  return Object.fromEntries(
    Object.entries(value as Members).map(([name, member]) => [name, fromTagged(member)]),
  )
}
