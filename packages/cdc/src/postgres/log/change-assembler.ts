/**
 * From messages of pgoutput to events, in the order of the log: knows the transaction that is open and the relations that the server has
 * described, counts changes, and passes over those that were taken before. Pure: it asks for a relation to be looked up by giving it
 * back, and takes the same message again when that is done.
 *
 * Counting: each row and each emptied table is one change, whether it is selected or not, so that the count means the same in every
 * reading. Changes of schemas do not count; they come out again after a stop unless the new schema was kept, and then they are none.
 */
import type { Row } from '../../model/column-value.ts'
import type { RowOperation, SchemaChange, Transaction } from '../../model/log-event.ts'
import type { Lsn } from '../pgoutput/lsn.ts'
import { lsnText } from '../pgoutput/lsn.ts'
import { MessageCursor } from '../pgoutput/message-cursor.ts'
import {
  kind,
  part,
  type RelationMessage,
  readBegin,
  readCommit,
  readOther,
  readRelation,
  readTruncate,
} from '../pgoutput/messages.ts'
import { skipTuple, type TupleReader } from '../pgoutput/tuple-reader.ts'
import type { EventBuffer, TransactionPlace } from './event-buffer.ts'
import type { LogOrigin, PostgresPosition } from './postgres-position.ts'

/** A change of a schema without its place. */
export type FoundChange = Pick<SchemaChange, 'operation' | 'table' | 'before' | 'after'>

/** A table as the server described it last in this stream. */
export interface Relation {
  readonly message: RelationMessage
  /** Undefined: not looked up yet. Null: not selected. */
  reader: TupleReader | null | undefined
  /** What its description has changed: comes out before its next row. */
  changes: readonly FoundChange[]
}

export class ChangeAssembler {
  readonly #cursor = new MessageCursor()
  readonly #relations = new Map<number, Relation>()
  /** Where reading begins to meet everything that is not done: end of the last transaction, or further by keepalives. */
  #start: Lsn
  /** The transaction of which a part was done before, until it was met. */
  #inside: { readonly commit: Lsn; readonly taken: number } | undefined
  #transaction: Transaction | undefined
  #place: TransactionPlace | undefined
  /** Changes of the open transaction so far, and how many of them are passed over. */
  #order = 0
  #passed = 0

  readonly #onChange: (change: FoundChange) => void

  /** `onChange` hears of changes of schemas when they come out. */
  constructor(start: PostgresPosition, onChange: (change: FoundChange) => void) {
    this.#onChange = onChange
    this.#start = start.lsn
    this.#inside = start.inside
  }

  get isBetweenTransactions(): boolean {
    return this.#transaction === undefined
  }

  get start(): Lsn {
    return this.#start
  }

  /** Where reading goes on after everything that was taken. */
  position(origin: LogOrigin): PostgresPosition {
    if (this.#place === undefined || this.#passed === Number.POSITIVE_INFINITY) {
      return { lsn: this.#start, inside: this.#inside, ...origin }
    }
    const taken = Math.max(this.#order, this.#passed)
    return {
      lsn: this.#start,
      inside: taken === 0 ? undefined : { commit: this.#place.commit, taken },
      ...origin,
    }
  }

  /** A new stream begins at `position()`: what the old one described is forgotten. */
  restart(): void {
    this.#inside = this.position({ system: undefined, timeline: undefined }).inside
    this.#transaction = undefined
    this.#place = undefined
    this.#relations.clear()
  }

  /** The server has nothing before this place that it has not sent. */
  moveTo(lsn: Lsn): void {
    if (this.#transaction !== undefined || lsn <= this.#start) return
    this.#start = lsn
    if (this.#inside !== undefined && this.#inside.commit < lsn) this.#inside = undefined
  }

  /** Tables to look up again before their next rows. */
  forgetRelation(id: number): void {
    const relation = this.#relations.get(id)
    if (relation !== undefined) relation.reader = undefined
  }

  /**
   * Takes the message in bytes[start, end). A relation that comes back must be looked up (its `reader` set), and the message then taken
   * again: nothing of it was used.
   */
  take(bytes: Buffer, start: number, end: number, out: EventBuffer): Relation | undefined {
    const cursor = this.#cursor
    cursor.open(bytes, start, end)
    const type = cursor.u8()
    switch (type) {
      case kind.insert:
      case kind.update:
      case kind.delete:
        return this.#row(type, out)
      case kind.begin:
        this.#begin()
        return undefined
      case kind.commit:
        this.#commit()
        return undefined
      case kind.relation: {
        const message = readRelation(cursor)
        this.#relations.set(message.id, { message, reader: undefined, changes: [] })
        return undefined
      }
      case kind.truncate:
        return this.#truncate(out)
      default:
        readOther(type, cursor)
        return undefined
    }
  }

  #begin(): void {
    if (this.#transaction !== undefined) throw this.#cursor.invalid('a transaction inside of another')
    const { commitLsn, timeUs, xid } = readBegin(this.#cursor)
    this.#transaction = {
      id: String(xid),
      number: xid,
      commitTimeUs: timeUs,
      place: lsnText(commitLsn),
    }
    this.#place = { start: this.#start, commit: commitLsn }
    this.#order = 0
    // All that was committed before the start is done, should the server repeat it.
    if (commitLsn < (this.#inside?.commit ?? this.#start)) this.#passed = Number.POSITIVE_INFINITY
    else this.#passed = this.#inside?.commit === commitLsn ? this.#inside.taken : 0
  }

  #commit(): void {
    const { commitLsn, endLsn } = readCommit(this.#cursor)
    if (this.#place?.commit !== commitLsn) throw this.#cursor.invalid('a Commit that fits no Begin')
    if (endLsn < commitLsn) throw this.#cursor.invalid('a Commit that ends before it begins')
    this.#transaction = undefined
    this.#place = undefined
    this.#order = 0
    this.#passed = 0
    this.moveTo(endLsn)
  }

  #row(type: number, out: EventBuffer): Relation | undefined {
    const cursor = this.#cursor
    const transaction = this.#open()
    const relation = this.#relation(cursor.u32())
    if (this.#order < this.#passed || relation.reader === null) {
      // A table that was renamed to a name that is not selected.
      if (this.#order >= this.#passed) this.#emitChanges(relation, out)
      this.#passRow(type)
      this.#order++
      return undefined
    }
    const { reader } = relation
    if (reader === undefined) return relation
    let operation: RowOperation
    let before: Row | undefined
    let after: Row | undefined
    const first = cursor.u8()
    if (type === kind.insert) {
      operation = 'insert'
      if (first !== part.newRow) throw cursor.invalid('an Insert without a row')
      after = reader.row(cursor, undefined)
    } else {
      if (first === part.oldRow) before = reader.row(cursor, undefined)
      else if (first === part.oldKey) before = reader.keyRow(cursor)
      if (type === kind.delete) {
        operation = 'delete'
        if (before === undefined) throw cursor.invalid('a Delete without a row')
      } else {
        operation = 'update'
        if ((before === undefined ? first : cursor.u8()) !== part.newRow)
          throw cursor.invalid('an Update without a row')
        after = reader.row(cursor, before)
      }
    }
    cursor.finish('row')
    this.#emitChanges(relation, out)
    const order = this.#order++
    const event = { kind: 'row', operation, table: reader.schema, before, after, transaction, order } as const
    out.add(event, this.#openPlace(), this.#order)
    return undefined
  }

  #passRow(type: number): void {
    const cursor = this.#cursor
    const first = cursor.u8()
    const isOld = first === part.oldKey || first === part.oldRow
    const isAllowed = (type !== kind.insert && isOld) || (type !== kind.delete && first === part.newRow)
    if (!isAllowed) throw cursor.invalid('a change without a row')
    skipTuple(cursor)
    if (type === kind.update && isOld) {
      if (cursor.u8() !== part.newRow) throw cursor.invalid('an Update without a row')
      skipTuple(cursor)
    }
    cursor.finish('row')
  }

  #truncate(out: EventBuffer): Relation | undefined {
    const transaction = this.#open()
    const relations = readTruncate(this.#cursor).map((id) => this.#relation(id))
    // All of them first: the message is taken as a whole.
    let next = this.#order
    for (const relation of relations) {
      if (next++ < this.#passed) continue
      if (relation.reader === undefined) return relation
      // What is known must be right before the next one is looked up: two tables that swapped their names, emptied by one statement.
      this.#emitChanges(relation, out)
    }
    for (const relation of relations) {
      const order = this.#order++
      const { reader } = relation
      if (order < this.#passed || reader === undefined) continue
      this.#emitChanges(relation, out)
      if (reader === null) continue
      out.add({ kind: 'truncate', table: reader.schema, transaction, order }, this.#openPlace(), this.#order)
    }
    return undefined
  }

  #emitChanges(relation: Relation, out: EventBuffer): void {
    if (relation.changes.length === 0) return
    for (const change of relation.changes) {
      out.add(
        {
          kind: 'schema',
          ...change,
          statement: undefined,
          transaction: this.#transaction,
          order: this.#order,
        },
        this.#openPlace(),
        this.#order,
      )
      this.#onChange(change)
    }
    relation.changes = []
  }

  #open(): Transaction {
    if (this.#transaction === undefined) throw this.#cursor.invalid('a change outside of a transaction')
    return this.#transaction
  }

  #openPlace(): TransactionPlace {
    if (this.#place === undefined) throw this.#cursor.invalid('a change outside of a transaction')
    return this.#place
  }

  #relation(id: number): Relation {
    const relation = this.#relations.get(id)
    if (relation === undefined)
      throw this.#cursor.invalid(`a change of table ${id}, which it did not describe`)
    return relation
  }
}
