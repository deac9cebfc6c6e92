/**
 * Messages of Postgres' output plugin pgoutput, protocol version 1 (documentation: "Logical Replication Message Formats"), one to each
 * CopyData of the stream:
 *
 *   B Begin     commit LSN 8, time 8, xid 4                 C Commit   flags 1, commit LSN 8, end LSN 8, time 8
 *   O Origin    LSN 8, name                                 M Message  flags 1, LSN 8, prefix, length 4, bytes
 *   R Relation  OID 4, schema, table, identity 1, count 2, { isKey 1, name, type OID 4, modifier 4 }
 *   Y Type      OID 4, schema, name                         T Truncate count 4, options 1, OIDs 4 each
 *   I Insert    OID 4, N, tuple                             D Delete   OID 4, K or O, tuple
 *   U Update    OID 4, [K or O, tuple,] N, tuple
 *
 * Rows are read elsewhere (`TupleReader`), for they need their relation. Transactions arrive whole and in order of their commits;
 * one that is too large for the server's memory waits on the server's disk. Kinds of later versions (streams of open transactions, two
 * phases) come only where they were asked for, and we do not ask.
 */
import type { Lsn } from './lsn.ts'
import type { MessageCursor } from './message-cursor.ts'

export const kind = {
  begin: 0x42,
  commit: 0x43,
  origin: 0x4f,
  message: 0x4d,
  relation: 0x52,
  type: 0x59,
  truncate: 0x54,
  insert: 0x49,
  delete: 0x44,
  update: 0x55,
} as const

/** Of tuples. */
export const part = { newRow: 0x4e, oldKey: 0x4b, oldRow: 0x4f } as const

export interface BeginMessage {
  /** Where the commit record begins. */
  readonly commitLsn: Lsn
  readonly timeUs: number
  readonly xid: number
}

export interface RelationColumn {
  readonly isKey: boolean
  readonly name: string
  readonly typeId: number
  readonly modifier: number
}

export interface RelationMessage {
  readonly id: number
  readonly schema: string
  readonly table: string
  /** REPLICA IDENTITY: `d` default, `n` nothing, `f` full, `i` an index. */
  readonly identity: string
  readonly columns: readonly RelationColumn[]
}

export function readBegin(cursor: MessageCursor): BeginMessage {
  const begin = { commitLsn: cursor.lsn(), timeUs: cursor.timeUs(), xid: cursor.u32() }
  cursor.finish('Begin')
  return begin
}

/** Where the commit record begins and ends. */
export function readCommit(cursor: MessageCursor): { readonly commitLsn: Lsn; readonly endLsn: Lsn } {
  if (cursor.u8() !== 0) throw cursor.invalid('a Commit with unknown flags')
  const commit = { commitLsn: cursor.lsn(), endLsn: cursor.lsn() }
  cursor.timeUs()
  cursor.finish('Commit')
  return commit
}

/** Most columns that a table of Postgres can have. */
const columnsMax = 1600

export function readRelation(cursor: MessageCursor): RelationMessage {
  const id = cursor.u32()
  // An empty name stands for pg_catalog.
  const schema = cursor.text() || 'pg_catalog'
  const table = cursor.text()
  const identity = String.fromCharCode(cursor.u8())
  if (!'dnfi'.includes(identity))
    throw cursor.invalid(`a table with the replica identity ${JSON.stringify(identity)}`)
  const count = cursor.u16()
  if (count > columnsMax) throw cursor.invalid(`a table of ${count} columns`)
  const columns: RelationColumn[] = []
  for (let i = 0; i < count; i++) {
    const flags = cursor.u8()
    if (flags > 1) throw cursor.invalid('a column with unknown flags')
    columns.push({ isKey: flags === 1, name: cursor.text(), typeId: cursor.u32(), modifier: cursor.i32() })
  }
  cursor.finish('Relation')
  return { id, schema, table, identity, columns }
}

/** OIDs of the tables that were emptied. */
export function readTruncate(cursor: MessageCursor): readonly number[] {
  const count = cursor.u32()
  if (cursor.u8() > 3) throw cursor.invalid('a Truncate with unknown options')
  if (count * 4 !== cursor.end - cursor.at) throw cursor.invalid('a Truncate of a wrong length')
  return Array.from({ length: count }, () => cursor.u32())
}

/** Kinds that only move on: they are checked for their form and say nothing of rows. */
export function readOther(type: number, cursor: MessageCursor): void {
  switch (type) {
    case kind.origin:
      cursor.lsn()
      cursor.text()
      cursor.finish('Origin')
      return
    case kind.type:
      cursor.u32()
      cursor.text()
      cursor.text()
      cursor.finish('Type')
      return
    case kind.message:
      cursor.u8()
      cursor.lsn()
      cursor.text()
      cursor.skip(cursor.u32())
      cursor.finish('Message')
      return
    default:
      throw cursor.invalid(`a message of the unknown kind ${JSON.stringify(String.fromCharCode(type))}`)
  }
}
