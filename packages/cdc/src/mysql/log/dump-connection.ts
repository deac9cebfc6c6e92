/**
 * One connection over which a server sends its binary log, from a place on: the connection's variables, COM_REGISTER_SLAVE, then
 * COM_BINLOG_DUMP (file and offset; MariaDB also by GTID, in a variable) or COM_BINLOG_DUMP_GTID (MySQL).
 * Events wait in a queue of bounded bytes; when it is full the socket is paused, so that the server waits (back-pressure), and all that can
 * come beyond is what one read of the socket holds, or one event. Events are views of what was received, one copy in all.
 * It never reconnects: when it ends, `failure` says why.
 *
 *   register   0x15 | server id u32 | host, user, password: u8, text | port u16 | rank u32 | source's id u32
 *   dump       0x12 | offset u32 | flags u16 | server id u32 | file
 *   dump gtid  0x1e | flags u16 | server id u32 | file bytes u32, file | offset u64 | set bytes u32, set
 */
import { EventEmitter } from 'node:events'
import type { Connection } from 'mysql2'
import { MysqlGtidSet } from '../binlog/mysql-gtid-set.ts'
import { cutConnection } from '../connection/mysql-session.ts'

export interface DumpRequest {
  readonly family: 'mysql' | 'mariadb'
  readonly serverId: number
  readonly file: string
  readonly offset: number
  /** What was read already: then file and offset are not asked for. */
  readonly gtids: string | undefined
  readonly heartbeatMs: number
  /** A uuid of ours: under which MySQL knows a replica. */
  readonly uuid: string
}

/** What of mysql2's connection is used beyond its types: its queue of commands, each of which is given the server's packets. */
interface CommandConnection {
  addCommand(command: object): void
  writePacket(packet: object): void
  _resetSequenceId(): void
  readonly stream: { pause(): void; resume(): void; destroy(): void }
}

/** Of a packet: its bytes lie in a buffer, from `offset` to `end`. */
interface ServerPacket {
  readonly buffer: Buffer
  readonly offset: number
  readonly end: number
  isError(): boolean
  asError(encoding: string): Error
}

const queuedBytesMax = 4 << 20
const queuedBytesLow = 1 << 20

export class DumpConnection {
  readonly #connection: Connection
  readonly #core: CommandConnection
  /** Events from `#head` on wait; those before are taken. */
  #queue: Buffer[] = []
  #head = 0
  #queuedBytes = 0
  #isPaused = false
  #failure: Error | undefined
  #wake: (() => void) | undefined
  /** How many events came. */
  received = 0
  /** Whether events that come before the first format description end in a checksum. */
  readonly hasChecksums: boolean

  /** Errors: those of the server, as mysql2 gives them. The connection is closed by `close`, also after errors. */
  static async open(connection: Connection, request: DumpRequest): Promise<DumpConnection> {
    const hasChecksums = await prepareSession(connection, request)
    return new DumpConnection(connection, request, hasChecksums)
  }

  private constructor(connection: Connection, request: DumpRequest, hasChecksums: boolean) {
    this.#connection = connection
    // As the class of mysql2 is; see the interface.
    this.#core = connection as unknown as CommandConnection
    this.hasChecksums = hasChecksums
    connection.on('error', (error: Error) => this.#fail(error))
    connection.on('end', () => this.#fail(new Error('the server closed the connection')))
    const register = new PacketCommand(registerPacket(request.serverId), (packet) => {
      if (!packet.isError()) return true
      this.#fail(packet.asError('utf8'))
      return true
    })
    const dump = new PacketCommand(dumpPacket(request), (packet) => this.#take(packet))
    register.onResult = (error) => this.#fail(error)
    dump.onResult = (error) => this.#fail(error)
    this.#core.addCommand(register)
    this.#core.addCommand(dump)
  }

  /** The next event, or undefined when none waits. */
  shift(): Buffer | undefined {
    const event = this.#queue[this.#head]
    if (event === undefined) return undefined
    this.#head++
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0
      this.#head = 0
    } else if (this.#head === 1024) {
      this.#queue = this.#queue.slice(1024)
      this.#head = 0
    }
    this.#queuedBytes -= event.length
    if (this.#isPaused && this.#queuedBytes < queuedBytesLow) {
      this.#isPaused = false
      this.#core.stream.resume()
    }
    return event
  }

  /** Why nothing more will come; told when the events that came before are taken. */
  get failure(): Error | undefined {
    return this.#head < this.#queue.length ? undefined : this.#failure
  }

  /** Calls back once, when an event came or the connection ended; at once when that is so already. Undefined takes the wish back. */
  onNews(wake: (() => void) | undefined): void {
    this.#wake = wake
    if (this.#head < this.#queue.length || this.#failure !== undefined) this.#notify()
  }

  close(): void {
    this.#failure ??= new Error('closed')
    this.#queue.length = 0
    this.#head = 0
    // The driver's own `destroy` waits for the server, whose dump ends when it has something to send; so would the process.
    cutConnection(this.#connection)
  }

  #take(packet: ServerPacket): boolean {
    if (packet.isError()) {
      this.#fail(packet.asError('utf8'))
      return true
    }
    const { buffer, offset, end } = packet
    // 0 is an event; 0xfe in a short packet is the end of what the server will ever send here.
    if (buffer[offset] !== 0) {
      this.#fail(new Error('the server ended the log'))
      return true
    }
    if (this.#failure !== undefined) return false
    this.received++
    this.#queue.push(buffer.subarray(offset + 1, end))
    this.#queuedBytes += end - offset - 1
    if (!this.#isPaused && this.#queuedBytes > queuedBytesMax) {
      this.#isPaused = true
      this.#core.stream.pause()
    }
    this.#notify()
    return false
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#notify()
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

/** A command of mysql2: sends one packet, then is given what the server answers until it says that it is done. */
class PacketCommand extends EventEmitter {
  readonly #payload: Buffer
  readonly #onPacket: (packet: ServerPacket) => boolean
  #isSent = false
  /** The connection was lost. */
  onResult: ((error: Error) => void) | undefined

  constructor(payload: Buffer, onPacket: (packet: ServerPacket) => boolean) {
    super()
    this.#payload = payload
    this.#onPacket = onPacket
  }

  execute(packet: ServerPacket | undefined, connection: CommandConnection): boolean {
    if (this.#isSent && packet !== undefined) return this.#onPacket(packet)
    this.#isSent = true
    connection._resetSequenceId()
    const buffer = Buffer.concat([Buffer.alloc(4), this.#payload])
    connection.writePacket({
      buffer,
      length: () => buffer.length,
      writeHeader(sequence: number) {
        buffer.writeUIntLE(buffer.length - 4, 0, 3)
        buffer[3] = sequence
      },
    })
    return false
  }
}

async function prepareSession(connection: Connection, request: DumpRequest): Promise<boolean> {
  const heartbeatNs = Math.round(request.heartbeatMs * 1e6)
  // Servers look for these by either name, old or new.
  const variables = [
    '@master_binlog_checksum = @@global.binlog_checksum',
    '@source_binlog_checksum = @@global.binlog_checksum',
    `@master_heartbeat_period = ${heartbeatNs}`,
    `@source_heartbeat_period = ${heartbeatNs}`,
  ]
  if (request.family === 'mariadb') {
    variables.push('@mariadb_slave_capability = 4')
    if (request.gtids !== undefined) variables.push(`@slave_connect_state = '${request.gtids}'`)
  } else {
    variables.push(`@slave_uuid = '${request.uuid}'`, `@replica_uuid = '${request.uuid}'`)
  }
  await query(connection, `SET ${variables.join(', ')}`)
  // The server cuts the connection when nothing of the log is taken for this long: longer than any commit of ours takes.
  await query(connection, 'SET SESSION net_write_timeout = 600')
  const [row] = await query(connection, 'SELECT CAST(@master_binlog_checksum AS CHAR) AS checksums')
  return String(row?.checksums).toUpperCase() === 'CRC32'
}

/** Rows by the names of their columns. */
export function query(
  connection: Connection,
  sql: string,
): Promise<readonly { readonly [name: string]: unknown }[]> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error, rows) => {
      if (error !== null) return reject(error)
      // Rows of an object each, unless the statement has none.
      resolve(Array.isArray(rows) ? (rows as { [name: string]: unknown }[]) : [])
    })
  })
}

function registerPacket(serverId: number): Buffer {
  const packet = Buffer.alloc(18)
  packet[0] = 0x15
  packet.writeUInt32LE(serverId, 1)
  return packet
}

function dumpPacket(request: DumpRequest): Buffer {
  const { serverId, offset, gtids } = request
  const file = Buffer.from(gtids === undefined ? request.file : '')
  if (gtids === undefined || request.family === 'mariadb') {
    const head = Buffer.alloc(11)
    head[0] = 0x12
    // Offsets have 32 bits here. Transactions begin before a file is full, so that larger ones are not asked for.
    head.writeUInt32LE(gtids === undefined ? offset : 4, 1)
    head.writeUInt32LE(serverId, 7)
    return Buffer.concat([head, file])
  }
  const set = MysqlGtidSet.parse(gtids).toBytes()
  const head = Buffer.alloc(23)
  head[0] = 0x1e
  // No name of a file, but a set.
  head.writeUInt16LE(4, 1)
  head.writeUInt32LE(serverId, 3)
  head.writeUInt32LE(0, 7)
  head.writeBigUInt64LE(4n, 11)
  head.writeUInt32LE(set.length, 19)
  return Buffer.concat([head, set])
}
