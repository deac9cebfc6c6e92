/**
 * State of the interpreter as bytes: JSON, with what JSON lacks (bigint, bytes, infinities) as tagged objects. Version 1,
 * the first byte of a blob. It serves the interpreted instance only; the engine has formats of its own.
 */
const version = 1

export function encodeState(state: unknown): Uint8Array {
  const text = JSON.stringify(state, (_, value: unknown) => {
    if (typeof value === 'bigint') return { $bigint: value.toString() }
    if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) }
    if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
    return value
  })
  const bytes = Buffer.from(text, 'utf8')
  return Buffer.concat([Buffer.from([version]), bytes])
}

export function decodeState(blob: Uint8Array): unknown {
  if (blob[0] !== version)
    throw new Error(`interpreter state of version ${blob[0]}; this build reads version ${version}`)
  const text = Buffer.from(blob.buffer, blob.byteOffset + 1, blob.byteLength - 1).toString('utf8')
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('$bigint' in value) return BigInt(String(value.$bigint))
    if ('$number' in value) return Number(value.$number)
    if ('$bytes' in value) return new Uint8Array(Buffer.from(String(value.$bytes), 'base64'))
    return value
  })
}
