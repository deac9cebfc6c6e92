/** Values that only MariaDB has: compressed columns, uuid, inet4 and inet6. */
import { inflateRawSync, inflateSync } from 'node:zlib'
import { logInvalid } from './log-bytes.ts'

/**
 * A value of a COMPRESSED column: method (high 4 bits: 0 none, 8 zlib), whether zlib's header is left out (bit 3), bytes of the length
 * (low 3 bits) | length, big-endian | data. An empty value has no bytes at all.
 */
export function decompressValue(value: Buffer): Buffer {
  if (value.length === 0) return value
  const method = value[0]! >>> 4
  if (method === 0) return value.subarray(1)
  const lengthBytes = value[0]! & 7
  if (method !== 8 || lengthBytes < 1 || lengthBytes > 4 || value.length < 1 + lengthBytes) {
    throw logInvalid(`a compressed value begins with the byte ${value[0]}`)
  }
  const length = value.readUIntBE(1, lengthBytes)
  const data = value.subarray(1 + lengthBytes)
  return inflate(data, length, { isRaw: (value[0]! & 8) !== 0 })
}

/** Inflates to exactly `length` bytes; more are never made, whatever the data says. */
export function inflate(data: Buffer, length: number, { isRaw }: { readonly isRaw: boolean }): Buffer {
  let result: Buffer
  try {
    const options = { maxOutputLength: Math.max(length, 1) }
    result = isRaw ? inflateRawSync(data, options) : inflateSync(data, options)
  } catch (error) {
    throw logInvalid(`${data.length} compressed bytes cannot be inflated to ${length}`, error)
  }
  if (result.length !== length)
    throw logInvalid(`compressed bytes hold ${result.length} bytes and announce ${length}`)
  return result
}

export function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export function inet4Text(bytes: Buffer): string {
  return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`
}

/** As the server writes it: the first of the longest runs of zero groups is `::`, even where it is one, addresses of version 4 inside keep their dots. */
export function inet6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i))
  let gapStart = -1
  let gapLength = 0
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length++
    if (length > gapLength) {
      gapStart = start
      gapLength = length
    }
  }
  const isMapped = gapStart === 0 && gapLength === 5 && groups[5] === 0xffff
  const isCompatible = gapStart === 0 && gapLength === 6
  if (isMapped || isCompatible) return `::${isMapped ? 'ffff:' : ''}${inet4Text(bytes.subarray(12))}`
  const hex = groups.map((group) => group.toString(16))
  if (gapStart < 0) return hex.join(':')
  return `${hex.slice(0, gapStart).join(':')}::${hex.slice(gapStart + gapLength).join(':')}`
}
