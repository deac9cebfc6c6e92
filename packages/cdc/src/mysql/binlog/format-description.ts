/**
 * The event that says how all later ones of a file are written:
 *   binlog version u16 = 4 | server version, 50 bytes | created u32 | header bytes u8 = 19 | ... | checksum algorithm u8 | crc32 u32
 * Algorithm and checksum end it whatever the algorithm is, since MySQL 5.6.1 and MariaDB 5.3. All later events end in a CRC-32 of what is
 * in front of it (little-endian), if the algorithm says so.
 */
import { crc32 } from 'node:zlib'
import { checksumBytes, eventFlag, headerBytes } from './event-header.ts'
import { LogBytes, logInvalid } from './log-bytes.ts'

export interface FormatDescription {
  readonly serverVersion: string
  readonly hasChecksums: boolean
}

/** The whole event, header included. */
export function readFormatDescription(buffer: Buffer, start: number, end: number): FormatDescription {
  const bytes = new LogBytes(buffer, start + headerBytes, end)
  const binlogVersion = bytes.u16()
  const serverVersion = bytes.text(50).replace(/\0.*$/s, '')
  bytes.take(4)
  const commonBytes = bytes.u8()
  if (binlogVersion !== 4 || commonBytes !== headerBytes) {
    throw logInvalid(
      `the log is of version ${binlogVersion} with headers of ${commonBytes} bytes; 4 and ${headerBytes} are read`,
    )
  }
  if (bytes.left < 1 + checksumBytes)
    throw logInvalid(`the format description of ${serverVersion} has no checksum`)
  const algorithm = buffer[end - checksumBytes - 1]!
  if (algorithm > 1) throw logInvalid(`the log has checksums of kind ${algorithm}; none and CRC32 are read`)
  // The server sets this flag while it writes the file, after the checksum was made.
  const flags = start + headerBytes - 2
  const isClear = (buffer[flags]! & eventFlag.inUse) === 0
  if (!isClear) buffer[flags]! &= ~eventFlag.inUse
  try {
    if (algorithm === 1) verifyChecksum(buffer, start, end)
  } finally {
    if (!isClear) buffer[flags]! |= eventFlag.inUse
  }
  return { serverVersion, hasChecksums: algorithm === 1 }
}

/** Of an event whose last four bytes are its checksum. */
export function verifyChecksum(buffer: Buffer, start: number, end: number): void {
  const at = end - checksumBytes
  if (at < start + headerBytes)
    throw logInvalid(`an event of ${end - start} bytes has no room for a checksum`)
  if (crc32(buffer.subarray(start, at)) !== buffer.readUInt32LE(at)) {
    throw logInvalid('the checksum of an event is not that of its bytes')
  }
}
