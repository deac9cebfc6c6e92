/**
 * The header that every event of the log begins with, 19 bytes, little-endian:
 *   seconds u32 | type u8 | server id u32 | size u32, header and checksum included | end position u32 | flags u16
 * The end position is where the next event begins in the file; 0 in events that the server makes up for us.
 */
import { type LogBytes, logInvalid } from './log-bytes.ts'

export const headerBytes = 19
export const checksumBytes = 4

export const eventType = {
  query: 2,
  stop: 3,
  rotate: 4,
  intvar: 5,
  rand: 13,
  userVar: 14,
  formatDescription: 15,
  xid: 16,
  beginLoadQuery: 17,
  executeLoadQuery: 18,
  tableMap: 19,
  writeRowsV1: 23,
  updateRowsV1: 24,
  deleteRowsV1: 25,
  incident: 26,
  heartbeat: 27,
  ignorable: 28,
  rowsQuery: 29,
  writeRows: 30,
  updateRows: 31,
  deleteRows: 32,
  gtid: 33,
  anonymousGtid: 34,
  previousGtids: 35,
  transactionContext: 36,
  viewChange: 37,
  xaPrepare: 38,
  partialUpdateRows: 39,
  transactionPayload: 40,
  heartbeatV2: 41,
  gtidTagged: 42,
  annotateRows: 160,
  binlogCheckpoint: 161,
  mariadbGtid: 162,
  mariadbGtidList: 163,
  startEncryption: 164,
  queryCompressed: 165,
  writeRowsCompressedV1: 166,
  updateRowsCompressedV1: 167,
  deleteRowsCompressedV1: 168,
  writeRowsCompressed: 169,
  updateRowsCompressed: 170,
  deleteRowsCompressed: 171,
} as const

/** Events without meaning for rows, or whose meaning is that of others. */
export const quietTypes: ReadonlySet<number> = new Set([
  eventType.stop,
  eventType.intvar,
  eventType.rand,
  eventType.userVar,
  eventType.beginLoadQuery,
  eventType.ignorable,
  eventType.rowsQuery,
  eventType.transactionContext,
  eventType.viewChange,
  eventType.heartbeatV2,
  eventType.annotateRows,
  eventType.binlogCheckpoint,
  eventType.startEncryption,
])

export const eventFlag = {
  /** The file is being written. Set in the format description of the newest file, and not covered by its checksum. */
  inUse: 0x1,
  /** Made up by the server for this connection; in no file. */
  artificial: 0x20,
  /** Readers that do not know the type may go on without it. */
  ignorable: 0x80,
} as const

export interface EventHeader {
  readonly seconds: number
  readonly type: number
  readonly serverId: number
  readonly size: number
  readonly endPosition: number
  readonly flags: number
}

/** Reads the header at the cursor, which must stand over one whole event. */
export function readEventHeader(bytes: LogBytes): EventHeader {
  const available = bytes.left
  const header = {
    seconds: bytes.u32(),
    type: bytes.u8(),
    serverId: bytes.u32(),
    size: bytes.u32(),
    endPosition: bytes.u32(),
    flags: bytes.u16(),
  }
  if (header.size !== available) {
    throw logInvalid(
      `an event of type ${header.type} says it has ${header.size} bytes, but ${available} came`,
    )
  }
  return header
}
