/**
 * One client: what it prepared, its portals, its settings. A session is an orderly conversation: messages are worked off one after the
 * other, and replies leave in that order. After an error in the extended protocol everything is skipped until the next Sync, as the
 * protocol has it (PostgreSQL documentation, "Message Flow").
 *
 * Not here: sockets, TLS, authentication (postgres-connection.ts).
 */
import type { Catalog, LakeAccess, LakeQuery, Turns } from '@millrace/lake'
import type { Clock } from '@millrace/values'
import * as reply from './backend-messages.ts'
import { decodeParameter } from './decode-parameter.ts'
import { encodeValue, FormatFault } from './encode-value.ts'
import { BodyReader, type FrontendMessage, ProtocolFault } from './frontend-messages.ts'
import { type LocalCommand, localCommand } from './local-command.ts'
import { isNested, postgresType, type ResultColumn, typeOfOid, types } from './postgres-types.ts'
import { splitStatements } from './split-statements.ts'
import { errorFields, SqlFault } from './sql-fault.ts'
import { askSystemCatalog } from './system-catalog.ts'
import { isSystemQuestion } from './system-question.ts'

export interface SessionOptions {
  readonly catalog: Catalog
  readonly query: LakeQuery
  readonly access: LakeAccess | undefined
  readonly user: string
  readonly database: string
  /** Database of the lake whose tables need no schema. */
  readonly schema: string
  readonly settings: Map<string, string>
  readonly clock: Clock
  /** Of questions about the catalog, which all clients share. */
  readonly turns: Turns
  /** Resolves when the client has taken so much that more may be sent. */
  readonly send: (bytes: Buffer) => Promise<void>
}

/** Statements and portals that one client may keep. */
const preparedMax = 1000

interface Prepared {
  readonly sql: string
  /** As the client said; 0 where it did not. */
  readonly oids: readonly number[]
  /** Once asked for. */
  shape?: Shape
}

interface Shape {
  readonly columns: readonly ResultColumn[]
  readonly parameters: readonly number[]
}

interface Portal {
  readonly prepared: Prepared
  readonly parameters: readonly (string | null)[]
  readonly formats: readonly number[]
  /** From the first Execute on. */
  running?: Running
  /** Ends its query; the same in each Execute. */
  readonly cancel: AbortController
}

interface Running {
  readonly result: Rows
  readonly chunks: AsyncIterator<readonly (readonly (string | null)[])[]>
  /** Of the chunk that is being sent. */
  chunk: readonly (readonly (string | null)[])[]
  at: number
  sent: number
  isDone: boolean
}

interface Rows {
  readonly columns: readonly ResultColumn[]
  readonly form: 'text' | 'json'
  readonly rows: AsyncIterable<readonly (readonly (string | null)[])[]>
}

export class PostgresSession {
  readonly #options: SessionOptions
  readonly #prepared = new Map<string, Prepared>()
  readonly #portals = new Map<string, Portal>()
  #status: reply.TransactionStatus = 'I'
  #skips = false
  #cancel = new AbortController()
  /** Names of portals that were closed because nobody read them on. */
  readonly #unread = new Set<string>()

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** Ends the statement that runs. */
  cancel(): void {
    this.#cancel.abort(new SqlFault('57014', 'canceling statement due to user request'))
  }

  /** Throws ProtocolFault where the conversation cannot go on. */
  async handle(message: FrontendMessage): Promise<void> {
    if (this.#skips && message.type !== 'S') return
    this.#cancel = new AbortController()
    try {
      await this.#dispatch(message)
    } catch (error) {
      if (error instanceof ProtocolFault) throw error
      await this.#fail(error)
      if (message.type === 'Q') await this.#send(reply.readyForQuery(this.#status))
      else this.#skips = true
    }
  }

  async close(): Promise<void> {
    this.cancel()
    await this.#closePortals()
  }

  /** Those that were read in part: their queries keep turns that others wait for. */
  async closeIdlePortals(): Promise<void> {
    const idle = [...this.#portals].filter(([, { running }]) => running !== undefined && !running.isDone)
    for (const [name] of idle) {
      this.#unread.add(name)
      await this.#closePortal(name)
    }
  }

  async #closePortals(): Promise<void> {
    for (const name of [...this.#portals.keys()]) await this.#closePortal(name)
    this.#unread.clear()
  }

  async #dispatch({ type, body }: FrontendMessage): Promise<void> {
    const reader = new BodyReader(body)
    switch (type) {
      case 'Q':
        return this.#simpleQuery(reader.text())
      case 'P':
        return this.#parse(reader)
      case 'B':
        return this.#bind(reader)
      case 'D':
        return this.#describe(reader.char(), reader.text())
      case 'E':
        return this.#execute(reader.text(), reader.int32())
      case 'C':
        return this.#close(reader.char(), reader.text())
      case 'H':
        return
      case 'S':
        this.#skips = false
        // Outside of a transaction block, portals live until here.
        if (this.#status === 'I') await this.#closePortals()
        return this.#send(reply.readyForQuery(this.#status))
      case 'd':
      case 'c':
      case 'f':
        return
      case 'F':
        throw new SqlFault('0A000', 'the function call protocol is not served', 'Send SELECT function(...).')
      default:
        throw new ProtocolFault(`invalid frontend message type ${JSON.stringify(type)}`)
    }
  }

  async #simpleQuery(text: string): Promise<void> {
    const statements = splitStatements(text)
    if (statements.length === 0) await this.#send(reply.emptyQueryResponse)
    for (const { sql, start } of statements) {
      const local = localCommand(sql)
      if (local !== undefined) {
        await this.#local(local, { describes: true })
        continue
      }
      this.#mustNotHaveFailed()
      const result = await this.#run(sql, [], start)
      await this.#send(reply.rowDescription(result.columns, []))
      const running = begin(result)
      try {
        await this.#sendRows(running, [], 0)
      } finally {
        await running.chunks.return?.()
      }
      await this.#send(reply.commandComplete(`SELECT ${running.sent}`))
    }
    await this.#send(reply.readyForQuery(this.#status))
  }

  async #parse(reader: BodyReader): Promise<void> {
    const name = reader.text()
    const statements = splitStatements(reader.text())
    const count = reader.int16()
    const oids = Array.from({ length: Math.max(0, count) }, () => reader.int32())
    if (statements.length > 1)
      throw new SqlFault('42601', 'cannot insert multiple commands into a prepared statement')
    if (name !== '' && this.#prepared.has(name))
      throw new SqlFault('42P05', `prepared statement "${name}" already exists`)
    if (this.#prepared.size >= preparedMax && !this.#prepared.has(name))
      throw new SqlFault('53400', `more than ${preparedMax} prepared statements`, 'Deallocate some.')
    const sql = statements[0]?.sql ?? ''
    // Clients learn here of what cannot be run.
    const prepared: Prepared = { sql, oids }
    await this.#shapeOf(prepared)
    this.#prepared.set(name, prepared)
    await this.#send(reply.parseComplete)
  }

  async #bind(reader: BodyReader): Promise<void> {
    const name = reader.text()
    const prepared = this.#mustHave(reader.text())
    const formats = reader.int16s()
    const count = reader.int16()
    const { parameters: oids } = await this.#shapeOf(prepared)
    if (count !== oids.length)
      throw new SqlFault(
        '08P01',
        `bind message supplies ${count} parameters, but the statement requires ${oids.length}`,
      )
    const parameters: (string | null)[] = []
    for (let i = 0; i < count; i++) {
      const length = reader.int32()
      const type = typeOfOid(oids[i] ?? 0) ?? types.text
      parameters.push(length < 0 ? null : decodeParameter(type, reader.take(length), formatAt(formats, i)))
    }
    const resultFormats = reader.int16s()
    if (this.#portals.has(name)) await this.#closePortal(name)
    if (this.#portals.size >= preparedMax)
      throw new SqlFault('53400', `more than ${preparedMax} portals`, 'Close some.')
    this.#unread.delete(name)
    this.#portals.set(name, { prepared, parameters, formats: resultFormats, cancel: new AbortController() })
    await this.#send(reply.bindComplete)
  }

  async #describe(kind: string, name: string): Promise<void> {
    const portal = kind === 'P' ? this.#portal(name) : undefined
    const prepared = portal?.prepared ?? this.#mustHave(name)
    const { columns, parameters } = await this.#shapeOf(prepared)
    if (portal === undefined) await this.#send(reply.parameterDescription(parameters))
    const formats = columns.map((_, i) => formatAt(portal?.formats ?? [], i))
    await this.#send(columns.length === 0 ? reply.noData : reply.rowDescription(columns, formats))
  }

  async #execute(name: string, rowsMax: number): Promise<void> {
    const portal = this.#portal(name)
    const { sql } = portal.prepared
    if (sql === '') return this.#send(reply.emptyQueryResponse)
    const local = localCommand(sql)
    if (local !== undefined) return this.#local(local, { describes: false })
    this.#mustNotHaveFailed()
    // The query lives as long as its portal, and a cancel is about the message that is worked off.
    this.#cancel = portal.cancel
    try {
      portal.running ??= begin(await this.#run(sql, portal.parameters, 0))
      const isDone = await this.#sendRows(portal.running, portal.formats, rowsMax)
      await this.#send(
        isDone ? reply.commandComplete(`SELECT ${portal.running.sent}`) : reply.portalSuspended,
      )
    } catch (error) {
      await this.#closePortal(name)
      throw error
    }
  }

  async #close(kind: string, name: string): Promise<void> {
    if (kind === 'P') await this.#closePortal(name)
    else this.#prepared.delete(name)
    await this.#send(reply.closeComplete)
  }

  async #closePortal(name: string): Promise<void> {
    const running = this.#portals.get(name)?.running
    this.#portals.delete(name)
    await running?.chunks.return?.()
  }

  /** True at the end. `rowsMax` 0: all. */
  async #sendRows(running: Running, formats: readonly number[], rowsMax: number): Promise<boolean> {
    const { result } = running
    const encoders = result.columns.map(({ type }, i) => {
      const options = { form: result.form, format: formatAt(formats, i) }
      return (value: string | null) => (value === null ? null : encodeValue(type, value, options))
    })
    let left = rowsMax <= 0 ? Number.POSITIVE_INFINITY : rowsMax
    for (;;) {
      if (running.at >= running.chunk.length) {
        const next = await running.chunks.next()
        if (next.done === true) {
          running.isDone = true
          return true
        }
        running.chunk = next.value
        running.at = 0
        continue
      }
      const some = running.chunk.slice(running.at, running.at + Math.min(left, rowsPerSend))
      if (some.length === 0) return false
      const rows = some.map((row) => reply.dataRow(row.map((value, i) => encoders[i]?.(value) ?? null)))
      await this.#send(Buffer.concat(rows))
      running.at += some.length
      running.sent += some.length
      left -= some.length
      if (this.#cancel.signal.aborted) throw this.#cancel.signal.reason
    }
  }

  async #run(sql: string, parameters: readonly (string | null)[], start: number): Promise<Rows> {
    const { catalog, query, access, user, database, schema, settings, clock, turns } = this.#options
    const { signal } = this.#cancel
    try {
      if (isSystemQuestion(sql)) {
        const answer = await askSystemCatalog(
          sql,
          { catalog, query, access, database, schema, settings, clock, turns, signal },
          { user, parameters },
        )
        return { columns: answer.columns, form: answer.form, rows: one(answer.rows) }
      }
      const options = {
        database: schema,
        parameters,
        signal,
        ...(access === undefined ? {} : { access }),
      }
      const shape = await query.describe(sql, options)
      const form = shape.columns.some(({ type }) => isNested(type)) ? 'json' : 'text'
      const result = await query.run(sql, { ...options, values: form })
      return {
        columns: result.columns.map(({ name, type }) => ({ name, type: postgresType(type) })),
        form,
        rows: result.rows,
      }
    } catch (error) {
      throw SqlFault.of(error, start)
    }
  }

  async #shapeOf(prepared: Prepared): Promise<Shape> {
    prepared.shape ??= await this.#findShape(prepared)
    return prepared.shape
  }

  async #findShape({ sql, oids }: Prepared): Promise<Shape> {
    if (sql === '') return { columns: [], parameters: [] }
    const local = localCommand(sql)
    if (local !== undefined)
      return {
        columns: local.kind === 'show' ? [{ name: local.name, type: types.text }] : [],
        parameters: [],
      }
    if (isSystemQuestion(sql)) {
      const count = [...sql.matchAll(/\$(\d+)/g)].reduce(
        (most, [, number]) => Math.max(most, Number(number)),
        oids.length,
      )
      if (count > parametersMax)
        throw new SqlFault('54023', `a statement has $1 to $${parametersMax} at most, not $${count}`)
      const { columns } = await this.#run(
        sql,
        Array.from({ length: count }, () => null),
        0,
      )
      return { columns, parameters: Array.from({ length: count }, (_, i) => oids[i] || types.text.oid) }
    }
    const { query, access, schema } = this.#options
    try {
      const shape = await query.describe(sql, {
        database: schema,
        signal: this.#cancel.signal,
        ...(access === undefined ? {} : { access }),
      })
      return {
        columns: shape.columns.map(({ name, type }) => ({ name, type: postgresType(type) })),
        parameters: shape.parameters.map((type, i) => oids[i] || postgresType(type).oid),
      }
    } catch (error) {
      throw SqlFault.of(error, 0)
    }
  }

  async #local(command: LocalCommand, { describes }: { readonly describes: boolean }): Promise<void> {
    const { settings } = this.#options
    switch (command.kind) {
      case 'begin':
        this.#status = this.#status === 'E' ? 'E' : 'T'
        return this.#send(reply.commandComplete(command.tag))
      case 'end': {
        // A block that has failed is rolled back, whatever its end says.
        const tag = this.#status === 'E' ? 'ROLLBACK' : command.tag
        this.#status = 'I'
        await this.#closePortals()
        return this.#send(reply.commandComplete(tag))
      }
      case 'set': {
        const name =
          [...settings.keys()].find((key) => key.toLowerCase() === command.name.toLowerCase()) ?? command.name
        if (!settings.has(name) && settings.size >= preparedMax)
          throw new SqlFault('53400', `more than ${preparedMax} settings`)
        settings.set(name, command.value)
        await this.#send(reply.commandComplete('SET'))
        return reported.has(name) ? this.#send(reply.parameterStatus(name, command.value)) : undefined
      }
      case 'reset':
        return this.#send(reply.commandComplete('RESET'))
      case 'discard':
        this.#prepared.clear()
        await this.#closePortals()
        return this.#send(reply.commandComplete(command.tag))
      case 'close':
        if (command.name === undefined) await this.#closePortals()
        else await this.#closePortal(command.name)
        return this.#send(reply.commandComplete('CLOSE CURSOR'))
      case 'deallocate':
        if (command.name.toUpperCase() === 'ALL') this.#prepared.clear()
        else if (!this.#prepared.delete(command.name))
          throw new SqlFault('26000', `prepared statement "${command.name}" does not exist`)
        return this.#send(reply.commandComplete(command.tag))
      case 'show':
        return this.#show(command.name, describes)
      case 'nothing':
        return this.#send(reply.commandComplete(command.tag))
    }
  }

  async #show(name: string, describes: boolean): Promise<void> {
    const found = [...this.#options.settings].find(([key]) => key.toLowerCase() === name.toLowerCase())
    if (found === undefined)
      throw new SqlFault(
        '42704',
        `unrecognized configuration parameter "${name}"`,
        'SHOW TABLES lists tables.',
      )
    if (describes) await this.#send(reply.rowDescription([{ name: found[0], type: types.text }], []))
    await this.#send(reply.dataRow([Buffer.from(found[1])]))
    await this.#send(reply.commandComplete('SHOW'))
  }

  #portal(name: string): Portal {
    const portal = this.#portals.get(name)
    if (portal === undefined)
      throw new SqlFault(
        '34000',
        this.#unread.has(name)
          ? `portal "${name}" is closed: it was not read on for too long, and its query kept others waiting`
          : `portal "${name}" does not exist`,
      )
    return portal
  }

  #mustHave(name: string): Prepared {
    const prepared = this.#prepared.get(name)
    if (prepared === undefined) throw new SqlFault('26000', `prepared statement "${name}" does not exist`)
    return prepared
  }

  #mustNotHaveFailed(): void {
    if (this.#status !== 'E') return
    throw new SqlFault(
      '25P02',
      'current transaction is aborted, commands ignored until end of transaction block',
    )
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#status === 'T') this.#status = 'E'
    const fault = error instanceof FormatFault ? new SqlFault('0A000', error.message) : SqlFault.of(error, 0)
    await this.#send(reply.errorResponse(errorFields(fault)))
  }

  #send(bytes: Buffer): Promise<void> {
    return this.#options.send(bytes)
  }
}

/** A Bind message counts them in 16 bits. */
const parametersMax = 65_535
/** So that a long row set goes out in pieces that a socket takes at once. */
const rowsPerSend = 256
/** Settings whose changes the client is told of. */
const reported = new Set(['TimeZone', 'DateStyle', 'client_encoding', 'application_name', 'IntervalStyle'])

function begin(result: Rows): Running {
  return { result, chunks: result.rows[Symbol.asyncIterator](), chunk: [], at: 0, sent: 0, isDone: false }
}

async function* one<T>(value: T): AsyncGenerator<T> {
  yield value
}

/** One format counts for all, none is text. */
function formatAt(formats: readonly number[], index: number): number {
  return (formats.length === 1 ? formats[0] : formats[index]) ?? 0
}
