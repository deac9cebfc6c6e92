/**
 * Sessions of notebooks: which cells run, and who is told what comes of them. A page has one session with one stream of events; a
 * session that nobody has listened to for a minute is ended with its runs, so that a closed tab leaves nothing behind.
 *
 * Events are pulled: each reader is told the difference to what it knows, at most ten times a second.
 */
import { randomUUID } from 'node:crypto'
import { type AdminEvent, AdminProblem } from '@millrace/gateway'
import type { Clock } from '@millrace/values'
import type { RunAnswer } from '../../protocol/notebook.ts'
import { applyOutcome, CellNews, CellView } from './cell-view.ts'
import type { CellJob, NotebookHost, RunningCell } from './notebook-host.ts'

export interface SessionLimits {
  readonly sessions: number
  /** Cells that run at the same time, over all sessions. */
  readonly runs: number
  /** Cells of a session whose results are kept. */
  readonly cells: number
  /** Without a reader. */
  readonly idleMs: number
}

export const sessionLimits: SessionLimits = { sessions: 16, runs: 12, cells: 100, idleMs: 60_000 }

/** Readers of one session, which are tabs of one page. */
const readersMax = 4
const tellEveryMs = 100
const heartbeatMs = 15_000

interface Run {
  readonly view: CellView
  readonly running: RunningCell
}

interface Session {
  readonly name: string
  /** By cell: the last run of each, in order of their starts. */
  readonly runs: Map<string, Run>
  readonly readers: Set<Reader>
  /** Ends the wait of a session without readers. */
  idle: AbortController | undefined
}

/** Somebody who listens. */
class Reader {
  readonly #news = new Map<string, CellNews>()
  /** Cells that something is to be told of. */
  readonly #dirty = new Set<string>()
  #wake = new AbortController()

  /** Everything of this run is new. */
  follow(view: CellView): void {
    this.#news.set(view.cell, new CellNews(view))
    this.changed(view.cell)
  }

  newsOf(view: CellView): CellNews | undefined {
    const news = this.#news.get(view.cell)
    return news?.view === view ? news : undefined
  }

  changed(cell: string): void {
    this.#dirty.add(cell)
    this.#wake.abort()
  }

  forget(cell: string): void {
    this.#news.delete(cell)
    this.#dirty.delete(cell)
  }

  take(): AdminEvent[] {
    this.#wake = new AbortController()
    const events = [...this.#dirty].flatMap((cell) => this.#news.get(cell)?.take() ?? [])
    this.#dirty.clear()
    return events
  }

  /** Resolves at news, after the heartbeat, or when the signal aborts. */
  async wait(clock: Clock, signal: AbortSignal): Promise<void> {
    await clock.sleep(heartbeatMs, AbortSignal.any([signal, this.#wake.signal]))
  }
}

export class NotebookSessions {
  readonly #host: NotebookHost
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #sessions = new Map<string, Session>()

  constructor(host: NotebookHost, clock: Clock, limits: SessionLimits = sessionLimits) {
    this.#host = host
    this.#clock = clock
    this.#limits = limits
  }

  /** Starts a cell; its run before is ended first. Errors: NOTEBOOK_BUSY. */
  async run(name: string, cell: string, job: CellJob): Promise<RunAnswer> {
    let session = this.#session(name)
    // While one ends another call may have started the next, or the session may have ended.
    for (let before = session.runs.get(cell); before !== undefined; before = session.runs.get(cell)) {
      session.runs.delete(cell)
      await before.running.stop()
      session = this.#session(name)
    }
    if (this.#running() >= this.#limits.runs) {
      throw new AdminProblem(
        'NOTEBOOK_BUSY',
        `${this.#limits.runs} cells run already, which is the most. Stop one of them first.`,
        429,
      )
    }
    this.#makeRoom(session)
    const view = new CellView(cell, randomUUID())
    for (const reader of session.readers) reader.follow(view)
    const running = this.#host.run(job, (outcome) => {
      if (view.done !== undefined || !applyOutcome(view, outcome)) return
      for (const reader of session.readers) {
        const news = reader.newsOf(view)
        if (news === undefined) continue
        news.note(outcome)
        reader.changed(cell)
      }
    })
    session.runs.set(cell, { view, running })
    return { run: view.run }
  }

  /** Nothing if it does not run. */
  async stop(name: string, cell: string): Promise<void> {
    await this.#sessions.get(name)?.runs.get(cell)?.running.stop()
  }

  /** Ends with the signal. Error: NOTEBOOK_BUSY. */
  events(name: string, signal: AbortSignal): AsyncIterable<AdminEvent> {
    const session = this.#session(name)
    if (session.readers.size >= readersMax)
      throw new AdminProblem('NOTEBOOK_BUSY', `${readersMax} pages listen to this session already.`, 429)
    return this.#tell(session, signal)
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()]
    this.#sessions.clear()
    for (const session of sessions) session.idle?.abort()
    await Promise.all(sessions.flatMap(({ runs }) => [...runs.values()].map(({ running }) => running.stop())))
  }

  async *#tell(session: Session, signal: AbortSignal): AsyncGenerator<AdminEvent> {
    const reader = new Reader()
    session.idle?.abort()
    session.idle = undefined
    session.readers.add(reader)
    for (const { view } of session.runs.values()) reader.follow(view)
    try {
      while (!signal.aborted) {
        const events = reader.take()
        if (events.length === 0) yield {}
        for (const event of events) yield event
        await this.#clock.sleep(tellEveryMs, signal)
        await reader.wait(this.#clock, signal)
      }
    } finally {
      session.readers.delete(reader)
      this.#letIdle(session)
    }
  }

  #session(name: string): Session {
    const known = this.#sessions.get(name)
    if (known !== undefined) return known
    if (this.#sessions.size >= this.#limits.sessions) {
      throw new AdminProblem(
        'NOTEBOOK_BUSY',
        `${this.#limits.sessions} pages have notebooks open, which is the most. Close one; it is forgotten within a minute.`,
        429,
      )
    }
    const session: Session = { name, runs: new Map(), readers: new Set(), idle: undefined }
    this.#sessions.set(name, session)
    this.#letIdle(session)
    return session
  }

  #letIdle(session: Session): void {
    if (session.readers.size > 0 || this.#sessions.get(session.name) !== session) return
    session.idle?.abort()
    const idle = new AbortController()
    session.idle = idle
    const waited = AbortSignal.any([idle.signal, this.#host.closing])
    void this.#clock.sleep(this.#limits.idleMs, waited).then(async () => {
      if (idle.signal.aborted) return
      this.#sessions.delete(session.name)
      await Promise.all([...session.runs.values()].map(({ running }) => running.stop()))
    })
  }

  #running(): number {
    let count = 0
    for (const { runs } of this.#sessions.values())
      for (const { view } of runs.values()) if (view.done === undefined) count++
    return count
  }

  /** The oldest result that is done goes first. */
  #makeRoom({ runs, readers }: Session): void {
    for (const [cell, { view }] of runs) {
      if (runs.size < this.#limits.cells) return
      if (view.done === undefined) continue
      runs.delete(cell)
      for (const reader of readers) reader.forget(cell)
    }
  }
}
