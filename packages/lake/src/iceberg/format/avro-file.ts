/**
 * Avro object container files in memory: manifests and lists of manifests are small, and read or written whole.
 *   header: magic "Obj" 1, map of metadata (avro.schema, avro.codec, ...), sync marker of 16 bytes
 *   blocks: count of records (long), size in bytes (long), records compressed by the codec, sync marker
 * Codecs are `deflate`, which is written, and `null`. A file counts only whole: a cut or changed block is an error.
 *
 * Longs beyond 2^53 are bigints, so that nothing is rounded silently; optional values are wrapped as Avro's JSON has them
 * (`{ long: 5 }`), since a bigint could not be told otherwise which branch of a union it takes.
 */
import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import avsc, { type Type as AvroType } from 'avsc'
import { LakeError } from '../../errors.ts'

export interface AvroFile {
  /** The schema as the file has it, with `field-id`s. */
  readonly schema: unknown
  /** Key-value metadata as text. */
  readonly metadata: ReadonlyMap<string, string>
  readonly records: readonly unknown[]
}

// A CommonJS module whose exports Node does not see by name.
const { Type, types } = avsc

const magic = Buffer.from([0x4f, 0x62, 0x6a, 0x01])
const syncBytes = 16
const blockRecords = 4096

const headerType = Type.forSchema({
  type: 'record',
  name: 'header',
  fields: [
    { name: 'magic', type: { type: 'fixed', name: 'magic', size: 4 } },
    { name: 'meta', type: { type: 'map', values: 'bytes' } },
    { name: 'sync', type: { type: 'fixed', name: 'sync', size: syncBytes } },
  ],
})
const longType = Type.forSchema('long')

/** `schema` is written into the header as it is, with its field ids. */
export function writeAvroFile(
  schema: unknown,
  metadata: Readonly<Record<string, string>>,
  records: readonly unknown[],
): Uint8Array {
  const type = typeOf(schema)
  const text = JSON.stringify(schema)
  const meta: Record<string, Buffer> = {}
  for (const [name, value] of Object.entries(metadata)) meta[name] = Buffer.from(value)
  meta['avro.schema'] = Buffer.from(text)
  meta['avro.codec'] = Buffer.from('deflate')

  const blocks: { readonly count: number; readonly bytes: Buffer }[] = []
  // Follows from the contents, so that equal files are equal bytes.
  const hash = createHash('md5').update(text)
  for (let i = 0; i < records.length; i += blockRecords) {
    const some = records.slice(i, i + blockRecords)
    const bytes = deflateRawSync(Buffer.concat(some.map((record) => type.toBuffer(record))))
    hash.update(bytes)
    blocks.push({ count: some.length, bytes })
  }
  const sync = hash.digest()
  const parts = [headerType.toBuffer({ magic, meta, sync })]
  for (const { count, bytes } of blocks) {
    parts.push(longType.toBuffer(count), longType.toBuffer(bytes.length), bytes, sync)
  }
  return Buffer.concat(parts)
}

/** Error: ICEBERG_MANIFEST_INVALID; `location` is for its message. */
export function readAvroFile(bytes: Uint8Array, location: string): AvroFile {
  try {
    return readWhole(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new LakeError('ICEBERG_MANIFEST_INVALID', `${location} is no readable Avro file: ${why}.`, {
      cause,
    })
  }
}

/** An optional value for writing: Avro's branch by its name. */
export function wrapped(branch: string, value: unknown): unknown {
  return value === null || value === undefined ? null : { [branch]: value }
}

/** An optional value that was read: null or what is in the one branch. */
export function unwrapped(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array || Array.isArray(value))
    return value
  // A wrapped value is an object with the name of the branch as its only key; records are never met here.
  return Object.values(value)[0]
}

function readWhole(bytes: Buffer): AvroFile {
  if (!bytes.subarray(0, magic.length).equals(magic)) throw new Error('it does not begin with Obj 1')
  let at = 0
  const next = (type: AvroType): unknown => {
    const { value, offset } = type.decode(bytes, at)
    if (offset < 0) throw new Error(`it ends within what begins at byte ${at}`)
    at = offset
    return value
  }
  // The value of headerType.
  const header = next(headerType) as {
    readonly meta: Readonly<Record<string, Buffer>>
    readonly sync: Buffer
  }
  const metadata = new Map(Object.entries(header.meta).map(([key, value]) => [key, value.toString('utf8')]))
  const schema: unknown = JSON.parse(metadata.get('avro.schema') ?? '')
  const type = typeOf(schema)
  const codec = metadata.get('avro.codec') ?? 'null'
  if (codec !== 'deflate' && codec !== 'null')
    throw new Error(`it is compressed by ${codec}; deflate can be read`)
  const records: unknown[] = []
  while (at < bytes.length) {
    const count = Number(next(longType))
    const size = Number(next(longType))
    const end = at + size
    if (size < 0 || end + syncBytes > bytes.length) throw new Error(`a block at byte ${at} is not whole`)
    if (!bytes.subarray(end, end + syncBytes).equals(header.sync)) {
      throw new Error(`the marker at byte ${end} is not that of the file`)
    }
    const block = bytes.subarray(at, end)
    readBlock(type, codec === 'deflate' ? inflateRawSync(block) : block, count, records)
    at = end + syncBytes
  }
  return { schema, metadata, records }
}

function readBlock(type: AvroType, block: Buffer, count: number, records: unknown[]): void {
  let at = 0
  for (let i = 0; i < count; i++) {
    const { value, offset } = type.decode(block, at)
    if (offset < 0) throw new Error(`record ${records.length} is cut`)
    records.push(value)
    at = offset
  }
  if (at !== block.length) throw new Error('a block holds more than its records')
}

function typeOf(schema: unknown): AvroType {
  // A registry is filled with the named types of one schema, so each file needs its own. The library checks what it is given.
  return Type.forSchema(schema as AvroType, { registry: { long: wideLong }, wrapUnions: true })
}

const wideLong = types.LongType.__with({
  fromBuffer(bytes: Buffer): number | bigint {
    const high = bytes.readInt32LE(4)
    // 2^53 = 2^21 * 2^32: what is smaller fits a number.
    return high >= -0x20_0000 && high < 0x20_0000
      ? high * 0x1_0000_0000 + bytes.readUInt32LE(0)
      : bytes.readBigInt64LE(0)
  },
  toBuffer(value: number | bigint): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(value))
    return bytes
  },
  fromJSON: Number,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
  compare: (a: number | bigint, b: number | bigint) => (a === b ? 0 : a < b ? -1 : 1),
})
