/**
 * From the events of a binary log, one after the other, to transactions of row changes, statements' effects and places: everything of the
 * log reader that needs no connection. It is told where to begin, and that the log begins anew from there when a connection was lost.
 *
 * What a transaction is:
 *   MySQL    [GTID] BEGIN ... COMMIT or XID; [GTID] one statement that commits by itself; all of it inside of one compressed payload
 *   MariaDB  GTID (stands for BEGIN) ... COMMIT or XID; GTID that says "standalone", one statement
 * A transaction of XA in two phases counts as committed when it is prepared, since only then the log has its rows; should it be rolled back
 * after that, a warning says so.
 * Changes are counted through the whole transaction, selected or not, so that a place inside of it is a number. Memory: the rows of one
 * event; a compressed transaction is unpacked as a whole, since the server makes it as a whole.
 */
import { CdcError } from '../../errors.ts'
import type { LogBatch, LogTables } from '../../log/log-reader.ts'
import type { Row } from '../../model/column-value.ts'
import type { RowChange, Transaction } from '../../model/log-event.ts'
import { tableText } from '../../model/table-schema.ts'
import {
  checksumBytes,
  type EventHeader,
  eventFlag,
  eventType,
  headerBytes,
  quietTypes,
  readEventHeader,
} from '../binlog/event-header.ts'
import { readFormatDescription, verifyChecksum } from '../binlog/format-description.ts'
import { readMariadbGtid, readMariadbGtidList, readMysqlGtid, readTaggedGtid } from '../binlog/gtid-events.ts'
import { LogBytes, logInvalid } from '../binlog/log-bytes.ts'
import { MysqlGtidSet } from '../binlog/mysql-gtid-set.ts'
import { type QueryEvent, readQueryEvent } from '../binlog/query-event.ts'
import {
  isFull,
  isRowsEvent,
  RowLayout,
  RowSkipper,
  type RowsHead,
  readRowsHead,
  withKnown,
  wrongCount,
} from '../binlog/rows-event.ts'
import { readTableMap } from '../binlog/table-map.ts'
import { readTransactionPayload } from '../binlog/transaction-payload.ts'
import { BatchBuilder, type TransactionSpan } from './batch-builder.ts'
import { type Gtid, GtidState, gtidText } from './gtid-state.ts'
import { leadingWords } from './leading-words.ts'
import type { MysqlPosition } from './mysql-position.ts'
import type { SchemaEffect, SchemaTracker } from './schema-tracker.ts'

export interface LogDecoderOptions {
  readonly family: 'mysql' | 'mariadb'
  readonly start: MysqlPosition
  readonly tables: LogTables
  readonly tracker: SchemaTracker
  readonly warn?: (code: string, message: string) => void
}

/** What a table map means for rows of its id. */
interface MappedTable {
  /** The body of the event: when the same comes again, nothing is to be done. */
  readonly body: Buffer
  readonly name: string
  /** Undefined: the table is not selected. */
  readonly layout: RowLayout | undefined
  readonly skipper: RowSkipper
}

interface OpenTransaction {
  readonly gtid: Gtid | undefined
  readonly file: string
  readonly offset: number
  /** Whether COMMIT or XID is awaited; else one statement is all. */
  hasBegun: boolean
  /** Changes so far. */
  order: number
  /** Changes that were taken before, and are left out. */
  readonly skip: number
  /** How many effects each of its statements had. */
  readonly effects: number[]
  commitTimeUs: number
  /** For events; made with the first one. */
  transaction: Transaction | undefined
}

// A file of a busy server with few cached tables maps tables under new ids all the time; old ids are not used after their statement.
const mapsMax = 2000

export class LogDecoder {
  readonly #family: 'mysql' | 'mariadb'
  readonly #tables: LogTables
  readonly #tracker: SchemaTracker
  readonly #warn: LogDecoderOptions['warn']
  readonly #bytes = new LogBytes(Buffer.alloc(0))
  readonly #maps = new Map<number, MappedTable>()
  #hasChecksums = false
  #file: string
  /** Behind the last whole transaction, or event outside of one. */
  #offset: number
  /** Behind the last event, with the bits that the log's 32 do not hold. */
  #eventEnd: number
  #gtids: GtidState | undefined
  #server: string | undefined
  #transaction: OpenTransaction | undefined
  #span: TransactionSpan | undefined
  /** Of the transaction that comes next, where it was read in part before. */
  #skip: { readonly count: number; readonly gtid: string | undefined } | undefined
  /** Of it: how many effects statements had that the tracker was told already, before the connection was lost. */
  #told: readonly number[] = []
  /** Events of a compressed transaction that are still to be read, and the end of the event that they came in. */
  #payload: { readonly bytes: Buffer; at: number; readonly header: EventHeader } | undefined
  #sourceTimeUs: number | undefined
  #isCaughtUp = false
  #batch: BatchBuilder

  constructor({ family, start, tables, tracker, warn }: LogDecoderOptions) {
    this.#family = family
    this.#tables = tables
    this.#tracker = tracker
    this.#warn = warn
    this.#file = start.file
    this.#offset = start.offset
    this.#eventEnd = start.offset
    this.#server = start.server
    this.#gtids = start.gtids === undefined ? undefined : GtidState.parse(family, start.gtids)
    if (start.taken !== undefined) this.#skip = { count: start.taken, gtid: start.transaction }
    this.#batch = new BatchBuilder(this.#gtids)
  }

  /** Where the log is to be sent from: behind what was decoded, at the start of a transaction that was decoded in part. */
  get resumeAt(): MysqlPosition {
    const gtids = this.#batch.seen()?.toText()
    return {
      file: this.#file,
      offset: this.#offset,
      ...(gtids === undefined ? {} : { gtids }),
      ...(this.#server === undefined ? {} : { server: this.#server }),
    }
  }

  /** The log is sent from `resumeAt` on by a new connection to this server. */
  beginAgain(server: string | undefined, hasChecksums: boolean): void {
    this.#server = server
    this.#hasChecksums = hasChecksums
    this.#eventEnd = this.#offset
    this.#maps.clear()
    this.#payload = undefined
    const open = this.#transaction
    if (open !== undefined) {
      const count = Math.max(open.order, open.skip)
      if (count > 0) this.#skip = { count, gtid: open.gtid && gtidText(open.gtid) }
      if (open.effects.length > this.#told.length) this.#told = open.effects
    }
    this.#transaction = undefined
    this.#span = undefined
    this.#isCaughtUp = false
  }

  /** Bytes of the log in the batch so far. */
  get batchBytes(): number {
    return this.#batch.bytes
  }

  get hasMoved(): boolean {
    return this.#batch.hasMoved
  }

  /** The log is still to be read from what came, before more is taken. */
  get hasPending(): boolean {
    return this.#payload !== undefined
  }

  takeBatch(): LogBatch {
    const batch = this.#batch
    const open = this.#transaction
    const place =
      open === undefined
        ? {
            file: this.#file,
            offset: this.#offset,
            taken: this.#skip?.count ?? 0,
            transaction: this.#skip?.gtid,
          }
        : {
            file: open.file,
            offset: open.offset,
            taken: Math.max(open.order, open.skip),
            transaction: open.gtid && gtidText(open.gtid),
          }
    const built = batch.build(
      place,
      { sourceTimeUs: this.#sourceTimeUs, isCaughtUp: this.#isCaughtUp },
      this.#server,
    )
    this.#gtids = batch.seen()
    this.#batch = new BatchBuilder(this.#gtids)
    this.#span = undefined
    return built
  }

  /** Decodes one event, all of `event`. A promise only where something has to be waited for. */
  decode(event: Buffer): Promise<void> | undefined {
    const bytes = this.#bytes.set(event, 0, event.length)
    const header = readEventHeader(bytes)
    if (header.type === eventType.formatDescription) {
      // It does not move the place: in the middle of a file it is sent again, with the place that it has at the start.
      this.#hasChecksums = readFormatDescription(event, 0, event.length).hasChecksums
      this.#maps.clear()
      return undefined
    }
    if (this.#hasChecksums) {
      verifyChecksum(event, 0, event.length)
      bytes.end -= checksumBytes
    }
    this.#batch.bytes += event.length
    if (header.type === eventType.transactionPayload) return this.#unpack(bytes, header)
    const waiting = this.#dispatch(bytes, header)
    if (waiting !== undefined) return waiting.then(() => this.#endEvent(header))
    this.#endEvent(header)
    return undefined
  }

  /** Decodes the next event of a compressed transaction; see `hasPending`. */
  async decodePending(): Promise<void> {
    const payload = this.#payload
    if (payload === undefined) return
    const { bytes, at } = payload
    if (bytes.length - at < headerBytes) throw logInvalid('a compressed transaction ends within an event')
    const size = bytes.readUInt32LE(at + 9)
    if (size < headerBytes || at + size > bytes.length) {
      throw logInvalid(`an event of a compressed transaction says it has ${size} bytes`)
    }
    payload.at += size
    // What is unpacked takes memory: batches are cut within the transaction too.
    this.#batch.bytes += size
    if (payload.at === bytes.length) this.#payload = undefined
    const inner = this.#bytes.set(bytes, at, at + size)
    // Places are those of the event around it.
    const { size: outerSize, endPosition } = payload.header
    await this.#dispatch(inner, { ...readEventHeader(inner), size: outerSize, endPosition })
  }

  async #unpack(bytes: LogBytes, header: EventHeader): Promise<void> {
    const events = await readTransactionPayload(bytes)
    this.#payload = events.length === 0 ? undefined : { bytes: events, at: 0, header }
    if (this.#payload === undefined) this.#endEvent(header)
  }

  #dispatch(bytes: LogBytes, header: EventHeader): Promise<void> | undefined {
    if (header.type !== eventType.heartbeat) this.#isCaughtUp = false
    switch (header.type) {
      case eventType.rotate: {
        const offset = bytes.u64()
        if (typeof offset !== 'number') throw logInvalid(`a file is to be read from ${offset}`)
        return this.#rotate(bytes.text(bytes.left), offset)
      }
      case eventType.heartbeat:
        return this.#heartbeat(header)
      case eventType.gtid:
      case eventType.anonymousGtid:
        return this.#beginMysql(readMysqlGtid(bytes, header.type === eventType.anonymousGtid), header)
      case eventType.gtidTagged:
        return this.#beginMysql(readTaggedGtid(bytes), header)
      case eventType.mariadbGtid: {
        const gtid = { family: 'mariadb', ...readMariadbGtid(bytes, header.serverId) } as const
        this.#begin(gtid, header, header.seconds * 1e6, !gtid.isStandalone)
        return undefined
      }
      case eventType.query:
      case eventType.queryCompressed:
      case eventType.executeLoadQuery:
        return this.#statement(readQueryEvent(bytes, header.type), header)
      case eventType.xid:
      case eventType.xaPrepare:
        this.#commit(header)
        return undefined
      case eventType.tableMap:
        return this.#map(bytes, header)
      case eventType.partialUpdateRows:
        return this.#partialRows(bytes)
      case eventType.previousGtids:
        return this.#learnGtids(MysqlGtidSet.fromBytes(bytes).toText())
      case eventType.mariadbGtidList:
        // The server makes one up for readers by GTID.
        if (header.endPosition === 0 || (header.flags & eventFlag.artificial) !== 0) return undefined
        return this.#learnGtids(readMariadbGtidList(bytes))
      case eventType.incident:
        throw new CdcError(
          'CDC_POSITION_LOST',
          `The server says at ${this.#place(header)} that changes are missing from its log (an incident). Load the tables again.`,
        )
      default:
        if (isRowsEvent(header.type)) this.#rows(bytes, header)
        else if (!quietTypes.has(header.type) && (header.flags & eventFlag.ignorable) === 0) {
          throw new CdcError(
            'CDC_LOG_UNSUPPORTED',
            `The log has an event of type ${header.type} at ${this.#place(header)}, which is not read.`,
          )
        }
        return undefined
    }
  }

  /** Only real events move the place; those that the server makes up have none. */
  #endEvent(header: EventHeader): void {
    if (header.endPosition === 0 || (header.flags & eventFlag.artificial) !== 0) return
    if (header.type === eventType.rotate || header.type === eventType.heartbeat) return
    this.#eventEnd = this.#endOf(header)
    if (this.#transaction === undefined) this.#moveTo(this.#eventEnd)
  }

  /** The log has the lowest 32 bits; places further back are those that the server repeats. */
  #endOf(header: EventHeader): number {
    const high = Math.floor(this.#eventEnd / 0x1_0000_0000) * 0x1_0000_0000
    const end = high + header.endPosition
    return end + 0x8000_0000 < this.#eventEnd ? end + 0x1_0000_0000 : end
  }

  #startOf(header: EventHeader): number {
    return header.endPosition === 0 ? this.#eventEnd : Math.max(4, this.#endOf(header) - header.size)
  }

  #place(header: EventHeader): string {
    return `${this.#file}:${this.#startOf(header)}`
  }

  #moveTo(offset: number): void {
    if (offset !== this.#offset) this.#batch.hasMoved = true
    this.#offset = offset
  }

  /** Files follow each other between transactions only; a new connection begins with the file that was asked for. */
  #rotate(file: string, offset: number): undefined {
    if (file !== this.#file) this.#batch.hasMoved = true
    this.#file = file
    this.#eventEnd = offset
    this.#moveTo(offset)
    return undefined
  }

  /**
   * The server waits for new events, or it passes over what we have already (by GTID). Only then the place of the next one differs: so
   * nothing is left to be read when one says the place that is known.
   */
  #heartbeat(header: EventHeader): undefined {
    if (this.#transaction !== undefined || header.endPosition === 0) return undefined
    const end = this.#endOf(header)
    const isCaughtUp = end === this.#offset
    if (isCaughtUp && !this.#isCaughtUp) this.#batch.hasMoved = true
    this.#isCaughtUp = isCaughtUp
    this.#eventEnd = end
    this.#moveTo(end)
    return undefined
  }

  /** What the head of a file says is behind it, where nothing was known of GTIDs before. */
  #learnGtids(text: string): undefined {
    if (this.#gtids !== undefined || text === '') return undefined
    this.#gtids = GtidState.parse(this.#family, text)
    this.#batch.knowBase(this.#gtids)
    return undefined
  }

  #beginMysql(read: ReturnType<typeof readMysqlGtid>, header: EventHeader): undefined {
    const gtid = read.isAnonymous ? undefined : ({ family: 'mysql', ...read } as const)
    this.#begin(gtid, header, read.commitTimeUs ?? header.seconds * 1e6, false)
    return undefined
  }

  #begin(
    gtid: Gtid | undefined,
    header: EventHeader,
    commitTimeUs: number,
    hasBegun: boolean,
  ): OpenTransaction {
    if (this.#transaction !== undefined && this.#transaction.order > 0) {
      throw logInvalid(`a transaction begins within another at ${this.#place(header)}`)
    }
    let skip = 0
    if (this.#skip !== undefined) {
      const isRight =
        this.#skip.gtid === undefined || (gtid !== undefined && gtidText(gtid) === this.#skip.gtid)
      if (isRight) {
        skip = this.#skip.count
        this.#skip = undefined
      }
    }
    const transaction: OpenTransaction = {
      gtid,
      file: this.#file,
      offset: this.#startOf(header),
      hasBegun,
      order: 0,
      skip,
      effects: [],
      commitTimeUs,
      transaction: undefined,
    }
    this.#offset = transaction.offset
    this.#transaction = transaction
    this.#span = undefined
    return transaction
  }

  #commit(header: EventHeader): void {
    const open = this.#transaction
    const end = header.endPosition === 0 ? this.#eventEnd : this.#endOf(header)
    this.#eventEnd = end
    this.#transaction = undefined
    this.#told = []
    this.#moveTo(end)
    this.#batch.hasMoved = true
    if (open === undefined) return
    if (this.#span !== undefined) this.#span.endOffset = end
    this.#span = undefined
    if (open.gtid !== undefined) this.#batch.completed.push(open.gtid)
    this.#sourceTimeUs = Math.max(this.#sourceTimeUs ?? 0, open.commitTimeUs)
    if (this.#maps.size > mapsMax) this.#maps.clear()
  }

  #statement(query: QueryEvent, header: EventHeader): Promise<void> | undefined {
    const [first, second] = leadingWords(query.text)
    switch (first) {
      case 'BEGIN':
        this.#openForRows(header)
        return undefined
      case 'COMMIT':
        this.#commit(header)
        return undefined
      case 'ROLLBACK':
        // To a savepoint: what was taken back is not in the log.
        if (second !== 'TO') this.#commit(header)
        return undefined
      case 'SAVEPOINT':
      case 'RELEASE':
        return undefined
      case 'XA':
        if (second === 'START' || second === 'BEGIN') this.#openForRows(header)
        else if (second === 'COMMIT' || second === 'ROLLBACK') {
          // Only those that were prepared are logged.
          if (second === 'ROLLBACK') this.#warnOfRollback(query, header)
          this.#commit(header)
        }
        return undefined
      default:
        return this.#apply(query, header)
    }
  }

  #warnOfRollback({ text }: QueryEvent, header: EventHeader): void {
    this.#warn?.(
      'CDC_LOG_UNSUPPORTED',
      `A prepared XA transaction was rolled back at ${this.#place(header)} (${text.slice(0, 200)}). The log had its changes when it was ` +
        'prepared, and they were given then: load the tables again that it changed.',
    )
  }

  /** Servers without GTIDs begin transactions with BEGIN alone. */
  #openForRows(header: EventHeader): OpenTransaction {
    const open = this.#transaction ?? this.#begin(undefined, header, header.seconds * 1e6, true)
    open.hasBegun = true
    return open
  }

  async #apply(query: QueryEvent, header: EventHeader): Promise<void> {
    const open = this.#transaction ?? this.#begin(undefined, header, header.seconds * 1e6, false)
    const told = this.#told[open.effects.length]
    if (told !== undefined) {
      open.effects.push(told)
      open.order += told
    } else {
      const taken = Math.max(0, open.skip - open.order)
      const effects = await this.#tracker.apply({ ...query, taken }, this.#place(header))
      open.effects.push(effects.length)
      for (const effect of effects) {
        if (open.order >= open.skip) this.#emitEffect(effect, open, open.order + 1)
        open.order++
      }
    }
    // What the statement made of tables shows in the next table map.
    this.#maps.clear()
    if (!open.hasBegun) this.#commit(header)
  }

  #emitEffect(effect: SchemaEffect, open: OpenTransaction, taken: number): void {
    const span = this.#openSpan(open)
    this.#batch.add({ ...effect, transaction: this.#transactionOf(open), order: open.order }, span, taken)
  }

  #openSpan(open: OpenTransaction): TransactionSpan {
    this.#span ??= this.#batch.beginSpan(open.file, open.offset, open.gtid)
    return this.#span
  }

  #transactionOf(open: OpenTransaction): Transaction {
    const place = `${open.file}:${open.offset}`
    open.transaction ??= {
      id: open.gtid === undefined ? place : gtidText(open.gtid),
      number: open.gtid?.number ?? open.offset,
      commitTimeUs: open.commitTimeUs,
      place,
    }
    return open.transaction
  }

  #map(bytes: LogBytes, header: EventHeader): Promise<void> | undefined {
    const { buffer, at, end } = bytes
    const id = bytes.u48()
    const known = this.#maps.get(id)
    if (known !== undefined && known.body.length === end - at && known.body.compare(buffer, at, end) === 0) {
      return undefined
    }
    bytes.at = at
    const { table } = readTableMap(bytes, this.#family)
    const body = Buffer.from(buffer.subarray(at, end))
    const name = tableText(table)
    const skipper = new RowSkipper(table)
    if (!this.#tables.isSelected(table)) {
      this.#maps.set(id, { body, name, layout: undefined, skipper })
      return undefined
    }
    const place = this.#place(header)
    return this.#tracker.resolve(table, place).then(({ schema, effects }) => {
      const open = this.#transaction
      if (open !== undefined && open.order >= open.skip) {
        // Not counted: after a restart the schema is known, and they are not made again.
        for (const effect of effects) this.#emitEffect(effect, open, open.order)
      }
      this.#maps.set(id, { body, name, layout: schema && new RowLayout(table, schema, place), skipper })
    })
  }

  #rows(bytes: LogBytes, header: EventHeader): void {
    const head = readRowsHead(bytes, header.type)
    const open = this.#openForRows(header)
    const table = this.#maps.get(head.tableId)
    if (table === undefined) {
      // The id of rows that only end a statement.
      if (bytes.left === 0) return
      throw logInvalid(`rows at ${this.#place(header)} are of a table that no table map names`)
    }
    if (table.layout === undefined) {
      open.order += table.skipper.count(bytes, head)
      return
    }
    this.#emitRows(bytes, head, table.layout, open)
  }

  #emitRows(bytes: LogBytes, head: RowsHead, layout: RowLayout, open: OpenTransaction): void {
    const { operation, present, presentAfter } = head
    const { schema } = layout
    if (layout.columnCount !== head.columnCount) throw wrongCount(head.columnCount, layout.columnCount)
    const transaction = this.#transactionOf(open)
    const span = this.#openSpan(open)
    const batch = this.#batch
    const isPartial = operation === 'update' && !isFull(presentAfter, head.columnCount)
    while (bytes.left > 0) {
      const start = bytes.at
      const first = layout.readRow(bytes, present)
      let before: Row | undefined
      let after: Row | undefined
      if (operation === 'insert') after = first
      else before = first
      if (operation === 'update') {
        after = layout.readRow(bytes, presentAfter)
        if (isPartial) after = withKnown(after, first)
      }
      if (bytes.at === start) throw logInvalid(`rows of ${tableText(schema)} have no columns`)
      if (open.order >= open.skip) {
        const change: RowChange = {
          kind: 'row',
          operation,
          table: schema,
          before,
          after,
          transaction,
          order: open.order,
        }
        batch.add(change, span, open.order + 1)
      }
      open.order++
    }
  }

  #partialRows(bytes: LogBytes): undefined {
    const table = this.#maps.get(bytes.u48())
    // How many changes it has cannot be said, but it counts for nobody: the next start counts alike.
    if (table?.layout === undefined) return undefined
    throw new CdcError(
      'CDC_LOG_UNSUPPORTED',
      `The log has changes of ${table.name} that hold parts of JSON values only. Switch them off: SET GLOBAL binlog_row_value_options = '', ` +
        'and load the table again.',
    )
  }
}
