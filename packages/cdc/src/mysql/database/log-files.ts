/**
 * The files of a server's log: their names and sizes, when each was begun (the time of its first event, which needs a look into it), and
 * their events' headers one after the other. Beginnings do not change, so they are kept.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { CdcError } from '../../errors.ts'
import { type EventHeader, eventType, readEventHeader } from '../binlog/event-header.ts'
import { LogBytes } from '../binlog/log-bytes.ts'
import type { MysqlServers } from '../connection/mysql-servers.ts'
import type { MysqlSession } from '../connection/mysql-session.ts'
import { DumpConnection } from '../log/dump-connection.ts'
import type { ServerFacts } from '../schema/server-facts.ts'
import { grantedRows } from '../snapshot/log-place.ts'

export interface LogFile {
  readonly name: string
  readonly bytes: number
}

export class LogFiles {
  readonly #servers: MysqlServers
  readonly #facts: ServerFacts
  readonly #begun = new Map<string, number>()

  constructor(servers: MysqlServers, facts: ServerFacts) {
    this.#servers = servers
    this.#facts = facts
  }

  /** Oldest first. Error: CDC_PREREQUISITE. */
  async list(session: MysqlSession, signal: AbortSignal): Promise<readonly LogFile[]> {
    const rows = await grantedRows(session, this.#facts, 'SHOW BINARY LOGS', signal)
    return rows.map((row) => ({ name: row.get('log_name') ?? '', bytes: Number(row.get('file_size')) }))
  }

  /** Seconds since 1970. */
  async begunAt(file: string, signal: AbortSignal): Promise<number> {
    const known = this.#begun.get(file)
    if (known !== undefined) return known
    let seconds = 0
    await this.headers(file, 4, signal, (header) => {
      seconds = header.seconds
      return header.type !== eventType.formatDescription
    })
    this.#begun.set(file, seconds)
    return seconds
  }

  /**
   * Headers of events from a place on, also over the ends of files, until `take` says that it needs no more, or the server has nothing
   * more. Events that the server makes up for the connection are left out, but for the format of the first file.
   */
  async headers(
    file: string,
    offset: number,
    signal: AbortSignal,
    take: (header: EventHeader, file: string) => boolean,
  ): Promise<void> {
    const connection = await this.#servers.connect(signal)
    const dump = await DumpConnection.open(connection, {
      family: this.#facts.family,
      serverId: randomInt(0x4000_0000, 0xf000_0000),
      uuid: randomUUID(),
      file,
      offset,
      gtids: undefined,
      heartbeatMs: idleMs,
    })
    let current = file
    try {
      for (;;) {
        signal.throwIfAborted()
        const event = dump.shift()
        if (event === undefined) {
          if (dump.failure !== undefined) throw dump.failure
          await new Promise<void>((resolve) => {
            dump.onNews(resolve)
            signal.addEventListener('abort', () => resolve(), { once: true })
          })
          continue
        }
        const header = readEventHeader(new LogBytes(event))
        if (header.type === eventType.rotate) current = rotatedTo(event, dump.hasChecksums)
        // It has nothing to send: this was all.
        else if (header.type === eventType.heartbeat || header.type === eventType.heartbeatV2) return
        else if (!take(header, current)) return
      }
    } finally {
      dump.close()
    }
  }
}

const idleMs = 500

/** Body: offset u64 | name of the next file. */
function rotatedTo(event: Buffer, hasChecksums: boolean): string {
  const name = event.toString('latin1', 19 + 8, event.length - (hasChecksums ? 4 : 0))
  if (/^[\x20-\x7e]+$/.test(name)) return name
  throw new CdcError('CDC_LOG_INVALID', 'The log names no file to go on with.')
}
