/**
 * A set of MySQL's transactions: for each source (a server's uuid, or that with a tag) the numbers, as ranges.
 *   text      `uuid:1-5:8,uuid2:1-3`, tags behind the uuid's own ranges: `uuid:1-5:tag:1-2`; `uuid:tag:1`
 *   bytes     count u64 | each: uuid 16 bytes | ranges u64 | each: first u64, last + 1 u64 (little-endian). With tags the count's lowest and
 *             highest byte are 1 and it stands between them, and a tag (varint length, text) follows each uuid.
 * Ranges are in order and apart from each other. Adding behind the last number, which is what following does, costs nothing.
 */
import { CdcError } from '../../errors.ts'
import { varint } from './gtid-events.ts'
import { type LogBytes, logInvalid } from './log-bytes.ts'
import { uuidText } from './mariadb-values.ts'

/** Both ends included. */
type Range = [first: number, last: number]

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const tagForm = /^[a-z_][a-z0-9_]{0,31}$/
const rangeForm = /^([1-9]\d{0,15})(?:-([1-9]\d{0,15}))?$/

export class MysqlGtidSet {
  /** By source, which is `uuid` or `uuid:tag`. No list is empty. */
  readonly #ranges = new Map<string, Range[]>()

  /** Throws CDC_POSITION. */
  static parse(text: string): MysqlGtidSet {
    const set = new MysqlGtidSet()
    for (const part of text.toLowerCase().replace(/\s/g, '').split(',')) {
      if (part === '') continue
      const [uuid = '', ...items] = part.split(':')
      let source = uuid
      let ranges = 0
      if (!uuidForm.test(uuid)) throw notASet(text, part)
      for (const item of items) {
        const match = rangeForm.exec(item)
        if (match !== null) {
          const first = Number(match[1])
          const last = Number(match[2] ?? match[1])
          if (last < first || !Number.isSafeInteger(last)) throw notASet(text, item)
          set.addRange(source, first, last)
          ranges++
        } else if (tagForm.test(item)) {
          source = `${uuid}:${item}`
        } else throw notASet(text, item)
      }
      if (ranges === 0) throw notASet(text, part)
    }
    return set
  }

  get isEmpty(): boolean {
    return this.#ranges.size === 0
  }

  add(source: string, number: number): void {
    this.addRange(source, number, number)
  }

  addRange(source: string, first: number, last: number): void {
    const ranges = this.#ranges.get(source)
    if (ranges === undefined) {
      this.#ranges.set(source, [[first, last]])
      return
    }
    const end = ranges[ranges.length - 1]!
    if (first > end[1] + 1) {
      ranges.push([first, last])
      return
    }
    if (first >= end[0]) {
      if (last > end[1]) end[1] = last
      return
    }
    // The ranges that touch the new one, from `start` up to `stop`, become one.
    let start = 0
    while (ranges[start]![1] + 1 < first) start++
    let stop = start
    let merged: Range = [first, last]
    while (stop < ranges.length && ranges[stop]![0] <= last + 1) {
      const range = ranges[stop]!
      merged = [Math.min(merged[0], range[0]), Math.max(merged[1], range[1])]
      stop++
    }
    ranges.splice(start, stop - start, merged)
  }

  has(source: string, number: number): boolean {
    return this.#hasRange(source, number, number)
  }

  contains(other: MysqlGtidSet): boolean {
    for (const [source, ranges] of other.#ranges) {
      for (const [first, last] of ranges) if (!this.#hasRange(source, first, last)) return false
    }
    return true
  }

  /** Whether it has a transaction of that server, whatever its tag. */
  sources(): IterableIterator<string> {
    return this.#ranges.keys()
  }

  copy(): MysqlGtidSet {
    const copy = new MysqlGtidSet()
    for (const [source, ranges] of this.#ranges)
      copy.#ranges.set(
        source,
        ranges.map(([a, b]) => [a, b]),
      )
    return copy
  }

  /** As the server writes it: sources in order, tags behind their uuid. */
  toText(): string {
    const texts: string[] = []
    let lastUuid = ''
    for (const source of this.#sorted()) {
      const [uuid = '', tag] = source.split(':')
      const ranges = this.#ranges
        .get(source)!
        .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
      const own = `${tag === undefined ? '' : `:${tag}`}:${ranges.join(':')}`
      if (uuid === lastUuid) texts[texts.length - 1] += own
      else texts.push(uuid + own)
      lastUuid = uuid
    }
    return texts.join(',')
  }

  toBytes(): Buffer {
    const sources = this.#sorted()
    const hasTags = sources.some((source) => source.includes(':'))
    const parts: Buffer[] = [hasTags ? taggedCount(sources.length) : u64(sources.length)]
    for (const source of sources) {
      const [uuid = '', tag = ''] = source.split(':')
      parts.push(Buffer.from(uuid.replaceAll('-', ''), 'hex'))
      // Tags have 32 characters at most: their length is a varint of one byte.
      if (hasTags) parts.push(Buffer.from([tag.length * 2]), Buffer.from(tag))
      const ranges = this.#ranges.get(source)!
      parts.push(u64(ranges.length))
      for (const [first, last] of ranges) parts.push(u64(first), u64(last + 1))
    }
    return Buffer.concat(parts)
  }

  static fromBytes(bytes: LogBytes): MysqlGtidSet {
    const set = new MysqlGtidSet()
    const head = bytes.view(8)
    const hasTags = head[7] === 1
    if (head[7]! > 1) throw logInvalid(`a GTID set is of format ${head[7]}`)
    const count = hasTags ? head.readUIntLE(1, 6) : head.readUIntLE(0, 6)
    for (let i = 0; i < count; i++) {
      const uuid = uuidText(bytes.view(16))
      const tag = hasTags ? bytes.text(varint(bytes)) : ''
      const source = tag === '' ? uuid : `${uuid}:${tag}`
      const ranges = bytes.u64()
      for (let j = 0; j < ranges; j++) {
        const first = bytes.u64()
        const next = bytes.u64()
        if (typeof first !== 'number' || typeof next !== 'number' || first < 1 || next <= first) {
          throw logInvalid(`a GTID set has the range ${first} to ${next}`)
        }
        set.addRange(source, first, next - 1)
      }
    }
    return set
  }

  #hasRange(source: string, first: number, last: number): boolean {
    const ranges = this.#ranges.get(source)
    if (ranges === undefined) return false
    for (let i = ranges.length - 1; i >= 0; i--) {
      const range = ranges[i]!
      if (range[0] <= first) return range[1] >= last
    }
    return false
  }

  /** A uuid's own ranges before those of its tags. */
  #sorted(): string[] {
    return [...this.#ranges.keys()].sort()
  }
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function taggedCount(count: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes[0] = 1
  bytes.writeUIntLE(count, 1, 6)
  bytes[7] = 1
  return bytes
}

function notASet(text: string, part: string): CdcError {
  return new CdcError(
    'CDC_POSITION',
    `"${text}" is no GTID set of MySQL: "${part}" is neither a uuid, nor a range such as 1-5, nor a tag. ` +
      'One looks like 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-23.',
  )
}
