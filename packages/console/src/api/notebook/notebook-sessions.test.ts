/** Sessions under virtual time, over a host that does what the test says. */
import { type Random, seededRandom, VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import type { CellValue } from '../../protocol/notebook.ts'
import type { NamedEvent } from './cell-view.ts'
import type { CellJob, CellOutcome, NotebookHost } from './notebook-host.ts'
import { NotebookSessions, sessionLimits } from './notebook-sessions.ts'

const session = 'abcdefghijklmnop'
const job: CellJob = { dialect: 'flink', text: '', before: [], rows: 10, from: 'earliest' }

interface FakeRun {
  readonly tell: (outcome: CellOutcome) => void
  stopped: boolean
}

function setUp(limits = sessionLimits) {
  const clock = new VirtualClock()
  const runs: FakeRun[] = []
  const closing = new AbortController()
  const unused = () => Promise.reject(new Error('not used here'))
  const host: NotebookHost = {
    folders: [],
    closing: closing.signal,
    check: unused,
    complete: unused,
    schema: unused,
    discover: unused,
    promote: unused,
    close: async () => {},
    run(_, tell) {
      const run: FakeRun = { tell, stopped: false }
      runs.push(run)
      return {
        async stop() {
          if (!run.stopped) tell({ kind: 'done', reason: 'stopped', ms: 1 })
          run.stopped = true
        },
      }
    },
  }
  return { clock, closing, runs, sessions: new NotebookSessions(host, clock, limits) }
}

/** A page: applies events to what it shows. */
class Page {
  readonly events: NamedEvent[] = []
  readonly rows = new Map<number, readonly CellValue[]>()
  total = 0
  comments = 0
  readonly closing = new AbortController()
  #ended: Promise<void> = Promise.resolve()

  listen(sessions: NotebookSessions): this {
    const follow = async () => {
      for await (const event of sessions.events(session, this.closing.signal)) {
        if (event.data === undefined) this.comments++
        // Sound: the sessions tell nothing else.
        else this.#take(event as NamedEvent)
      }
    }
    this.#ended = follow()
    return this
  }

  async close(): Promise<void> {
    this.closing.abort()
    await this.#ended
  }

  #take(named: NamedEvent): void {
    this.events.push(named)
    if (named.event !== 'rows') return
    const { isWhole, put, removed, total } = named.data
    if (isWhole) this.rows.clear()
    for (const id of removed) this.rows.delete(id)
    for (const [id, values] of put) this.rows.set(id, values)
    this.total = total
  }
}

const columns = { kind: 'columns', columns: [], isAppendOnly: false } as const

test('who connects later, or again, sees what one sees who was there all the time', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seededRandom(seed)
    const { clock, runs, sessions } = setUp()
    const steady = new Page().listen(sessions)
    await sessions.run(session, 'a', job)
    runs[0]!.tell(columns)
    let moody = new Page().listen(sessions)
    const truth = new Map<number, readonly CellValue[]>()
    for (let step = 0; step < 60; step++) {
      runs[0]!.tell(anyChange(random, truth, step))
      if (random.below(3) === 0) await clock.advance(random.below(400))
      if (random.below(12) === 0) {
        await moody.close()
        moody = new Page().listen(sessions)
      }
    }
    await clock.advance(1_000)
    const sorted = (rows: ReadonlyMap<number, unknown>) => [...rows].sort(([a], [b]) => a - b)
    expect(sorted(steady.rows), `seed ${seed}`).toEqual(sorted(truth))
    expect(sorted(moody.rows), `seed ${seed}`).toEqual(sorted(truth))
    expect([steady.total, moody.total]).toEqual([truth.size, truth.size])
    await Promise.all([steady.close(), moody.close(), sessions.close()])
  }
})

/** A difference of some rows, which the truth takes in. */
function anyChange(random: Random, truth: Map<number, readonly CellValue[]>, step: number): CellOutcome {
  const isWhole = random.below(20) === 0
  if (isWhole) truth.clear()
  const removed = [...truth.keys()].filter(() => random.below(4) === 0)
  for (const id of removed) truth.delete(id)
  const put = Array.from({ length: random.below(4) }, () => [random.below(30), [step]] as const)
  for (const [id, values] of put) truth.set(id, values)
  return { kind: 'rows', isWhole, put: put.map(([id]) => [id, [step]]), removed, total: truth.size }
}

test('changes between two looks are told once, ten times a second at most', async () => {
  const { clock, runs, sessions } = setUp()
  const page = new Page().listen(sessions)
  await sessions.run(session, 'a', job)
  runs[0]!.tell(columns)
  await clock.advance(200)
  const before = page.events.length
  for (let i = 0; i < 1000; i++) {
    runs[0]!.tell({ kind: 'rows', isWhole: false, put: [[1, [i]]], removed: [], total: 1 })
    await clock.advance(1)
  }
  await clock.advance(200)
  const told = page.events.slice(before)
  expect(told.length).toBeGreaterThan(5)
  expect(told.length).toBeLessThanOrEqual(12)
  expect(page.rows.get(1)).toEqual([999])
  await page.close()
  await sessions.close()
})

test('a new run ends the one before, and what that still says is not told', async () => {
  const { clock, runs, sessions } = setUp()
  const page = new Page().listen(sessions)
  await sessions.run(session, 'a', job)
  await sessions.run(session, 'a', job)
  expect(runs.map(({ stopped }) => stopped)).toEqual([true, false])
  runs[0]!.tell({ kind: 'text', text: 'old' })
  runs[1]!.tell({ kind: 'text', text: 'new' })
  await clock.advance(500)
  expect(page.events.flatMap((each) => (each.event === 'text' ? [each.data.text] : []))).toEqual(['new'])
  await page.close()
  await sessions.close()
})

test('a session that nobody listens to for a minute is ended, and not before', async () => {
  const { clock, runs, sessions } = setUp()
  const page = new Page().listen(sessions)
  await sessions.run(session, 'a', job)
  await clock.advance(300_000)
  expect(runs[0]?.stopped).toBe(false)
  expect(page.comments).toBeGreaterThan(10)
  await page.close()
  await clock.advance(50_000)
  const again = new Page().listen(sessions)
  await clock.advance(50_000)
  expect(runs[0]?.stopped).toBe(false)
  await again.close()
  await clock.advance(61_000)
  expect(runs[0]?.stopped).toBe(true)
  await sessions.close()
})

test('nothing waits for a page once the host closes, whether it leaves before or after', async () => {
  const { clock, closing, runs, sessions } = setUp()
  const [left, leaving] = [new Page().listen(sessions), new Page()]
  await sessions.run(session, 'a', job)
  await left.close()
  expect(clock.pending).toBe(1)
  closing.abort()
  await clock.advance(0)
  leaving.listen(sessions)
  await clock.advance(0)
  await leaving.close()
  await clock.advance(0)
  expect(clock.pending).toBe(0)
  expect(runs.every(({ stopped }) => stopped)).toBe(true)
})

test('sessions, runs and kept results are limited', async () => {
  const { sessions, runs } = setUp({ sessions: 2, runs: 3, cells: 2, idleMs: 60_000 })
  for (const cell of ['a', 'b', 'c']) await sessions.run(session, cell, job)
  const busy = expect.objectContaining({ code: 'NOTEBOOK_BUSY', status: 429 })
  await expect(sessions.run(session, 'd', job)).rejects.toEqual(busy)
  await sessions.run('bcdefghijklmnopq', 'a', job).catch(() => {})
  await expect(sessions.run('cdefghijklmnopqr', 'a', job)).rejects.toEqual(busy)
  await sessions.stop(session, 'a')
  await sessions.run(session, 'd', job)
  await sessions.close()
  expect(runs.every(({ stopped }) => stopped)).toBe(true)
})
