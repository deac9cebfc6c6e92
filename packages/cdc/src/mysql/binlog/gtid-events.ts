/**
 * The events that begin a transaction and name it.
 *   MySQL      flags u8 | uuid 16 bytes | number u64 | 2 | last committed u64 | sequence u64 | commit time, us, 7 bytes (highest bit: that of
 *              the origin follows, 7 bytes) | ...; an anonymous one has zeros for a name
 *   tagged     a message of numbered fields, in order of their numbers, each left out where it is the default: a varint is as many bytes
 *              as its first byte has ones at the low end, and one; the number of a field is a varint too
 *   MariaDB    number u64 | domain u32 | flags u8 | if flag 2: commit group u64
 */
import { type LogBytes, logInvalid } from './log-bytes.ts'
import { uuidText } from './mariadb-values.ts'

export interface MysqlGtid {
  /** With a tag: `uuid:tag`. */
  readonly source: string
  readonly number: number
  readonly isAnonymous: boolean
  /** When this server committed it; undefined: the server does not say (5.7). */
  readonly commitTimeUs: number | undefined
}

export interface MariadbGtid {
  readonly domain: number
  readonly server: number
  readonly number: number
  /** One statement that commits by itself; nothing ends the transaction. */
  readonly isStandalone: boolean
}

export function readMysqlGtid(bytes: LogBytes, isAnonymous: boolean): MysqlGtid {
  bytes.take(1)
  const source = uuidText(bytes.view(16))
  const number = safe(bytes.u64())
  let commitTimeUs: number | undefined
  // 5.6 ends here, 5.7 after the clocks.
  if (bytes.left >= 24 && bytes.u8() === 2) {
    bytes.take(16)
    commitTimeUs = bytes.u48() + (bytes.u8() & 0x7f) * 2 ** 48
  }
  return { source, number, isAnonymous, commitTimeUs }
}

const taggedField = {
  flags: 0,
  uuid: 1,
  number: 2,
  tag: 3,
  lastCommitted: 4,
  sequence: 5,
  commitTime: 6,
} as const

export function readTaggedGtid(bytes: LogBytes): MysqlGtid {
  const start = bytes.at
  const version = varint(bytes)
  const size = varint(bytes)
  if (version !== 1 || size > bytes.end - start) {
    throw logInvalid(`a tagged GTID is of version ${version} and ${size} bytes`)
  }
  bytes.end = start + size
  varint(bytes)
  const uuid = Buffer.alloc(16)
  let number = 0
  let tag = ''
  let commitTimeUs: number | undefined
  // Fields behind the last one that is wanted are left.
  for (let isWanted = true; isWanted && bytes.left > 0; ) {
    const field = varint(bytes)
    switch (field) {
      case taggedField.flags:
      case taggedField.lastCommitted:
      case taggedField.sequence:
        varint(bytes)
        break
      case taggedField.uuid:
        for (let i = 0; i < 16; i++) uuid[i] = varint(bytes)
        break
      case taggedField.number:
        // Signed: the sign is the lowest bit.
        number = varint(bytes) / 2
        break
      case taggedField.tag:
        tag = bytes.text(varint(bytes))
        break
      case taggedField.commitTime:
        commitTimeUs = varint(bytes)
        break
      default:
        isWanted = false
    }
  }
  if (!Number.isSafeInteger(number) || number < 1) throw logInvalid(`a tagged GTID has the number ${number}`)
  const text = uuidText(uuid)
  return { source: tag === '' ? text : `${text}:${tag}`, number, isAnonymous: false, commitTimeUs }
}

/** Of MySQL's messages. Values above 2^53 are refused: nothing that is read here has them. */
export function varint(bytes: LogBytes): number {
  const first = bytes.u8()
  let more = 0
  while (more < 8 && ((first >>> more) & 1) === 1) more++
  if (more === 8) return safe(bytes.u64())
  let rest = 0
  for (let i = 0; i < more; i++) rest += bytes.u8() * 2 ** (8 * i)
  // `more` ones and a zero are the length.
  const value = rest * 2 ** (7 - more) + (first >>> (more + 1))
  return safe(value)
}

export function readMariadbGtid(bytes: LogBytes, server: number): MariadbGtid {
  const number = safe(bytes.u64())
  const domain = bytes.u32()
  const flags = bytes.u8()
  return { domain, server, number, isStandalone: (flags & 1) !== 0 }
}

/** How far each domain was when the file began, as a GTID position: count u32 (its highest 4 bits are flags) | domain, server, number... */
export function readMariadbGtidList(bytes: LogBytes): string {
  const texts: string[] = []
  for (let count = bytes.u32() & 0xfff_ffff; count > 0; count--) {
    const domain = bytes.u32()
    const server = bytes.u32()
    texts.push(`${domain}-${server}-${safe(bytes.u64())}`)
  }
  return texts.join(',')
}

function safe(value: number | bigint): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw logInvalid(`a transaction has the number ${value}`)
}
