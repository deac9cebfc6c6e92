/**
 * Makes a self-signed certificate (X.509 v3, RFC 5280) over a fresh P-256 key. Node signs but has no way to build a
 * certificate, and the packages that do bring an ASN.1 framework along; what is needed is one fixed structure in DER.
 *
 *   Certificate = SEQUENCE { TBSCertificate, ecdsa-with-SHA256, BIT STRING signature }
 *   TBSCertificate = SEQUENCE { [0] 2, serial, algorithm, issuer, validity, subject, public key, [3] extensions }
 */
import { generateKeyPairSync, hash, randomBytes, sign } from 'node:crypto'
import { isIP, isIPv4 } from 'node:net'

export interface SelfSignedOptions {
  /** Host names and IP addresses. */
  readonly names: readonly string[]
  /** Ms since the epoch. */
  readonly from: number
  readonly until: number
}

export function makeSelfSigned({ names, from, until }: SelfSignedOptions): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const name = sequence(set(sequence(oid(2, 5, 4, 3), der(0x0c, Buffer.from('millrace')))))
  const body = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(serial()),
    ecdsaWithSha256,
    name,
    sequence(time(from), time(until)),
    name,
    spki,
    der(0xa3, sequence(...extensions(names, spki))),
  )
  const signed = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, privateKey)))
  return {
    cert: pem('CERTIFICATE', signed),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Positive and without a leading zero byte, as DER has integers. */
function serial(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes
}

/** A certificate authority of itself, so that putting it in a trust store is all that a client needs. */
function extensions(names: readonly string[], spki: Buffer): Buffer[] {
  const keyId = Buffer.from(hash('sha1', spki, 'hex'), 'hex')
  const alternatives = names.map((name) =>
    isIP(name) ? der(0x87, addressBytes(name)) : der(0x82, Buffer.from(name)),
  )
  // Key usage: digitalSignature (bit 0) and keyCertSign (bit 5), two unused bits at the end.
  return [
    extension(oid(2, 5, 29, 19), sequence(der(0x01, Buffer.of(0xff))), 'critical'),
    extension(oid(2, 5, 29, 15), der(0x03, Buffer.of(2, 0b1000_0100)), 'critical'),
    extension(oid(2, 5, 29, 37), sequence(oid(1, 3, 6, 1, 5, 5, 7, 3, 1))),
    extension(oid(2, 5, 29, 17), sequence(...alternatives)),
    extension(oid(2, 5, 29, 14), der(0x04, keyId)),
  ]
}

function extension(id: Buffer, value: Buffer, critical?: 'critical'): Buffer {
  const flag = critical === undefined ? [] : [der(0x01, Buffer.of(0xff))]
  return sequence(id, ...flag, der(0x04, value))
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const bytes = Buffer.alloc(16)
  before.forEach((group, i) => {
    bytes.writeUInt16BE(group, i * 2)
  })
  after.forEach((group, i) => {
    bytes.writeUInt16BE(group, 16 - (after.length - i) * 2)
  })
  return bytes
}

const ecdsaWithSha256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2))

/** GeneralizedTime from 2050 on, UTCTime before. */
function time(epochMs: number): Buffer {
  const text = `${new Date(epochMs).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
  return text >= '2050' ? der(0x18, Buffer.from(text)) : der(0x17, Buffer.from(text.slice(2)))
}

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc & 0x7f]
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return der(0x06, Buffer.from(bytes))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function set(...parts: readonly Buffer[]): Buffer {
  return der(0x31, Buffer.concat(parts))
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes)
}

function bits(bytes: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.of(0), bytes]))
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content])
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), content])
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content])
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
