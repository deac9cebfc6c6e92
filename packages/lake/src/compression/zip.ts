/**
 * A ZIP archive with one entry (PKWARE APPNOTE 6.3), compressed by zlib off this thread:
 *   local header, 30 bytes + name | deflated data | central directory, 46 bytes + name | end record, 22 bytes
 * The time of the entry is the format's first moment, so that the same bytes give the same archive. No ZIP64: an entry has less
 * than 4 GiB. Reading takes the one entry that the directory lists, stored or deflated, and checks its CRC-32.
 */
import { promisify } from 'node:util'
import { crc32, deflateRaw, inflateRaw } from 'node:zlib'
import { LakeError } from '../errors.ts'

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

const localMark = 0x04034b50
const directoryMark = 0x02014b50
const endMark = 0x06054b50
const endBytes = 22
/** 1980-01-01, as the format counts days. */
const firstDay = (1 << 5) | 1
const utf8Names = 0x800

export async function compressZip(bytes: Uint8Array, entryName: string): Promise<Uint8Array> {
  const name = Buffer.from(entryName)
  const data = await deflate(bytes)
  if (Math.max(bytes.length, data.length) >= 0xffffffff) {
    throw new RangeError(`A ZIP entry holds less than 4 GiB, not ${bytes.length} bytes.`)
  }
  /** What both headers say, from the version that is needed to read to the length of the name. */
  const about = Buffer.alloc(24)
  about.writeUInt16LE(20, 0)
  about.writeUInt16LE(utf8Names, 2)
  about.writeUInt16LE(8, 4)
  about.writeUInt16LE(firstDay, 8)
  about.writeUInt32LE(crc32(bytes), 10)
  about.writeUInt32LE(data.length, 14)
  about.writeUInt32LE(bytes.length, 18)
  about.writeUInt16LE(name.length, 22)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(localMark, 0)
  about.copy(local, 4)
  const directory = Buffer.alloc(46)
  directory.writeUInt32LE(directoryMark, 0)
  directory.writeUInt16LE(20, 4)
  about.copy(directory, 6)
  const end = Buffer.alloc(endBytes)
  end.writeUInt32LE(endMark, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(directory.length + name.length, 12)
  end.writeUInt32LE(local.length + name.length + data.length, 16)
  return Buffer.concat([local, name, data, directory, name, end])
}

/** Error: COMPRESSION_INVALID. */
export async function decompressZip(bytes: Uint8Array): Promise<Uint8Array> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = findEnd(file)
  if (file.readUInt16LE(end + 10) !== 1) {
    throw damaged(`it has ${file.readUInt16LE(end + 10)} entries; one is expected`)
  }
  const directory = file.readUInt32LE(end + 16)
  if (directory + 46 > end || file.readUInt32LE(directory) !== directoryMark) {
    throw damaged('its directory is not where its end says')
  }
  const method = file.readUInt16LE(directory + 10)
  const crc = file.readUInt32LE(directory + 16)
  const dataBytes = file.readUInt32LE(directory + 20)
  const plainBytes = file.readUInt32LE(directory + 24)
  const local = file.readUInt32LE(directory + 42)
  if (local + 30 > directory || file.readUInt32LE(local) !== localMark) {
    throw damaged('its entry is not where its directory says')
  }
  const from = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28)
  if (from + dataBytes > directory) throw damaged('its entry runs into its directory')
  const plain = await readEntry(file.subarray(from, from + dataBytes), method, plainBytes)
  if (plain.length !== plainBytes || crc32(plain) !== crc) {
    throw damaged('the checksum of its entry does not fit the data')
  }
  return plain
}

function findEnd(file: Buffer): number {
  // A comment of up to 65,535 bytes may follow.
  const first = Math.max(0, file.length - endBytes - 0xffff)
  for (let at = file.length - endBytes; at >= first; at--) {
    if (file.readUInt32LE(at) === endMark) return at
  }
  throw damaged('it has no end record')
}

async function readEntry(data: Buffer, method: number, plainBytes: number): Promise<Uint8Array> {
  if (method === 0) return data
  if (method !== 8) throw damaged(`its entry is compressed by method ${method}; stored and deflated are read`)
  try {
    // One byte more than promised is enough to see a lie.
    return await inflate(data, { maxOutputLength: plainBytes + 1 })
  } catch (cause) {
    throw damaged('its entry cannot be decompressed', cause)
  }
}

function damaged(reason: string, cause?: unknown): LakeError {
  return new LakeError('COMPRESSION_INVALID', `A ZIP archive cannot be read: ${reason}.`, { cause })
}
