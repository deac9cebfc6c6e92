/**
 * The source of a database: connects, begins where the last run has committed, and hands reads to the follower. The first start of all
 * fails at once when something is wrong; later ones wait for a database that is away, as long as it takes.
 */
import {
  codeOf,
  messageOf,
  type Source,
  type SourceCheckContext,
  type SourceContext,
  type SourceFactory,
  type SourceFinding,
  type SourceRead,
} from '@millrace/runtime'
import type { RecordBatchBuilder } from '@millrace/store'
import type { Database, DatabaseContext } from '../database/database.ts'
import type { Envelope, EnvelopeContext, EnvelopeSource } from '../envelope/envelope.ts'
import { CdcError } from '../errors.ts'
import type { TableRules } from '../rules/table-rules.ts'
import { sourceStatusOf } from './cdc-report.ts'
import { readRequest } from './cdc-requests.ts'
import type { CdcSettings } from './cdc-settings.ts'
import type { CdcStatus } from './cdc-status.ts'
import { Follower } from './follower.ts'
import { defaultLimits, type FollowerLimits } from './follower-parts.ts'
import { Guards } from './guards.ts'
import { Progress } from './progress.ts'
import { SchemaPolicies, type TablePattern } from './schema-policies.ts'
import {
  firstStart,
  laterStart,
  type NamedTable,
  readPosition,
  type SavedPosition,
  type StartPoint,
  wantedTables,
} from './source-start.ts'
import { TableSet } from './table-set.ts'

/** What a source is made of; each start makes its own. */
export interface SourceParts {
  readonly settings: CdcSettings
  /** For messages before the database has a name: `mysql`. */
  readonly label: string
  open(context: DatabaseContext): Promise<Database>
  rules(): TableRules
  envelope(source: EnvelopeSource, context: EnvelopeContext): Envelope
  pattern(text: string): TablePattern
  /** Tables that are named in full, to be missed if they are not there. */
  readonly named?: readonly NamedTable[]
  /** What tests make smaller. */
  readonly limits?: FollowerLimits
}

const reportEveryMs = 500
const pauseMinMs = 500
const pauseMaxMs = 30_000

export function cdcSource(parts: SourceParts): SourceFactory {
  const open = async (context: SourceContext): Promise<Source> => {
    const source = new CdcSource(parts, context)
    try {
      if (context.position === undefined) await source.connect()
      return source
    } catch (error) {
      await source.close()
      throw error
    }
  }
  return Object.assign(open, { check: (context: SourceCheckContext) => check(parts, context) })
}

async function check(parts: SourceParts, context: SourceCheckContext): Promise<readonly SourceFinding[]> {
  const findings: SourceFinding[] = []
  const database = await parts.open({
    clock: context.clock,
    signal: context.signal,
    warn: (code, message) => findings.push({ level: 'warning', code, message, next: '' }),
  })
  try {
    const rules = parts.rules()
    const names = await wantedTables(database, new TableSet(rules), parts.named ?? [])
    if (names.length === 0) {
      findings.push({
        level: 'error',
        code: 'CDC_TABLE_MISSING',
        message: `${database.name} has no table that is selected by ${rules.describe()}, or the account may not see it.`,
        next: 'Look at the names, which are written as the database spells them, and at the grants.',
      })
    }
    return [...findings, ...(await database.check(names))]
  } finally {
    await database.close()
  }
}

class CdcSource implements Source {
  readonly #parts: SourceParts
  readonly #context: SourceContext
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal
  readonly #progress: Progress
  readonly #guards: Guards
  #database: Database | undefined
  #follower: Follower | undefined
  #flushed: SavedPosition | undefined
  #reportedAtMs = Number.NEGATIVE_INFINITY
  /** Since the last read began. */
  #isReported = false
  #attempts = 0

  constructor(parts: SourceParts, context: SourceContext) {
    this.#parts = parts
    this.#context = context
    this.#signal = AbortSignal.any([context.signal, this.#closing.signal])
    this.#progress = new Progress(context.clock)
    const host = {
      clock: context.clock,
      signal: this.#signal,
      settings: parts.settings,
      warn: (code: string, message: string) => this.#warn(code, message),
      healthCame: (health: CdcStatus['health']) => {
        this.#progress.health = health
        this.#report()
      },
    }
    const source = this
    this.#guards = new Guards({
      ...host,
      get database() {
        return source.#follower === undefined ? undefined : source.#database
      },
      get position() {
        return source.#flushed?.log
      },
    })
  }

  /** Errors: CDC_CONNECT and everything that the database lacks. */
  async connect(): Promise<void> {
    const { context, parts } = { context: this.#context, parts: this.#parts }
    const database = await parts.open({
      clock: context.clock,
      signal: this.#signal,
      warn: (code, message) => this.#warn(code, message),
    })
    try {
      await this.#follow(database)
    } catch (error) {
      await database.close().then(undefined, () => {})
      throw error
    }
  }

  async read(builders: readonly RecordBatchBuilder[], maxBytes: number): Promise<SourceRead> {
    const { position } = this.#context
    if (this.#follower === undefined) {
      if (position !== undefined && readPosition(position).done === true) {
        return { position, taken: 0, dead: [], done: true }
      }
      await this.#connectAgain()
    }
    const follower = this.#follower
    if (follower === undefined) return { position, taken: 0, dead: [], done: false }
    this.#report()
    this.#isReported = false
    const read = await follower.read(builders, maxBytes)
    if (read.done) this.#reportedAtMs = Number.NEGATIVE_INFINITY
    this.#report()
    return read
  }

  flushed(position: unknown): void {
    // What `read` gave.
    this.#flushed = position as SavedPosition
    this.#follower?.flushed(this.#flushed)
  }

  async request(value: unknown): Promise<unknown> {
    const request = readRequest(value)
    if (request.request === 'status') return this.#status()
    if (this.#follower === undefined) {
      throw new CdcError(
        'CDC_CONNECT',
        `The source has no connection to its database yet, so the request "${request.request}" was not taken. Send it again when it has.`,
      )
    }
    return this.#follower.request(request)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#guards.close()
    await this.#follower?.close()
    await this.#database?.close()
  }

  async #follow(database: Database): Promise<void> {
    const { settings } = this.#parts
    const context = this.#context
    const rules = this.#parts.rules()
    const tables = new TableSet(rules)
    const start: StartPoint =
      context.position === undefined
        ? await firstStart(
            database,
            tables,
            settings,
            { warn: (code, message) => this.#warn(code, message) },
            this.#parts.named,
          )
        : await laterStart(database, tables, settings, context)
    const { kind, version } = database
    const envelope = this.#parts.envelope(
      { name: context.name, kind, version, database: database.database },
      { rules, ...(start.envelope === undefined ? {} : { state: start.envelope }) },
    )
    if (start.isFresh) for (const { code, message } of envelope.warnings()) this.#warn(code, message)
    const follower = new Follower(
      {
        context,
        settings,
        database,
        envelope,
        policies: new SchemaPolicies(settings.schemaPolicies, (text) => this.#parts.pattern(text)),
        limits: this.#parts.limits ?? defaultLimits(),
        progress: this.#progress,
        signal: this.#signal,
        warn: (code, message) => this.#warn(code, message),
        report: () => this.#reportIdle(),
      },
      start,
    )
    await follower.open()
    this.#database = database
    this.#follower = follower
    this.#guards.start()
    this.#reportedAtMs = Number.NEGATIVE_INFINITY
  }

  /** Until it stands, or the source is stopped. */
  async #connectAgain(): Promise<void> {
    const { clock } = this.#context
    while (!this.#signal.aborted) {
      this.#report()
      try {
        await this.connect()
        this.#attempts = 0
        return
      } catch (error) {
        if (this.#signal.aborted) return
        if (codeOf(error) !== 'CDC_CONNECT') throw error
        this.#attempts++
        if (this.#attempts === 1) {
          this.#warn(
            'CDC_CONNECT',
            `${messageOf(error).replace(/^CDC_CONNECT /, '')} It is tried again until it answers.`,
          )
        }
        await clock.sleep(Math.min(pauseMaxMs, pauseMinMs * 2 ** Math.min(this.#attempts, 10)), this.#signal)
      }
    }
  }

  #warn(code: string, message: string): void {
    this.#progress.warned(code, message)
    this.#context.warn(code, message)
    this.#reportedAtMs = Number.NEGATIVE_INFINITY
  }

  /** Before a read waits: what it has done is to be told. Says when it may be, if that is not now. */
  #reportIdle(): number {
    this.#report()
    if (this.#isReported) return Number.POSITIVE_INFINITY
    return Math.max(1, this.#reportedAtMs + reportEveryMs - this.#context.clock.now())
  }

  #report(): void {
    const now = this.#context.clock.now()
    if (now - this.#reportedAtMs < reportEveryMs) return
    this.#reportedAtMs = now
    this.#isReported = true
    this.#context.report(sourceStatusOf(this.#status()))
  }

  #status(): CdcStatus {
    const database = this.#database
    const head = {
      source: this.#context.name,
      database: database === undefined ? this.#parts.label : `${database.name} ${database.version}`,
    }
    const follower = this.#follower
    if (follower !== undefined) return follower.status(head)
    return this.#progress.status({ ...head, phase: 'connecting', position: '' }, [])
  }
}
