/**
 * Redrives that were begun on this page, and what becomes of their letters: while a request is under way the counts of the stages tell
 * how far it is; then each range of the redrive streams is looked at until nothing of it waits.
 */
import { useCallback, useEffect, useRef, useState } from 'react'
import type {
  RedriveAnswer,
  RedrivenAnswer,
  RedrivenShape,
  SentShape,
} from '../../../../src/protocol/dead-letters.ts'
import { type ApiError, asApiError, getJson, postJson } from '../../api/client.ts'
import { every } from '../../kit/clock.ts'

const followEveryMs = 700
const listedDied = 5
const runsMax = 5

export interface RedriveRequest {
  /** What is redriven, for people. */
  readonly label: string
  /** Filter of the API, or ids. */
  readonly filter: Readonly<Record<string, unknown>>
  /** As many as there seem to be. */
  readonly expected: number
  /** Letters of all stages that had been redriven when it began: the counts tell how far it is. */
  readonly redrivenBefore: number
  readonly outOfOrder?: boolean
}

export interface RedriveRun extends RedriveRequest {
  readonly id: number
  readonly state: 'sending' | 'followed' | 'over' | 'refused'
  readonly error?: ApiError
  readonly redriven: number
  readonly unreadable: number
  readonly sent: readonly SentShape[]
  readonly waiting: number
  readonly done: number
  readonly died: number
  /** Redriven, but too long ago to be looked at. */
  readonly older: number
  /** Some of those that died again. */
  readonly dead: readonly RedrivenShape[]
}

const nothingYet = {
  redriven: 0,
  unreadable: 0,
  sent: [],
  waiting: 0,
  done: 0,
  died: 0,
  older: 0,
  dead: [],
} as const

export interface RedriveRuns {
  /** The newest first. */
  readonly runs: readonly RedriveRun[]
  readonly begin: (request: RedriveRequest) => void
  readonly dismiss: (id: number) => void
}

/** `onChanged`: letters have gone, or come again. */
export function useRedriveRuns(onChanged: () => void): RedriveRuns {
  const [runs, setRuns] = useState<readonly RedriveRun[]>([])
  const lastId = useRef(0)
  const latest = useRef(onChanged)
  latest.current = onChanged
  const change = useCallback(
    (id: number, part: Partial<RedriveRun>) =>
      setRuns((now) => now.map((run) => (run.id === id ? { ...run, ...part } : run))),
    [],
  )
  const begin = (request: RedriveRequest) => {
    lastId.current += 1
    const id = lastId.current
    const run: RedriveRun = { ...request, ...nothingYet, id, state: 'sending' }
    setRuns((now) => [run, ...now].slice(0, runsMax))
    const body = { ...request.filter, all: true, outOfOrder: request.outOfOrder === true }
    postJson<RedriveAnswer>('/admin/dead-letters/redrive', body)
      .then(
        ({ redriven, unreadable, sent }) => {
          const state = sent.length === 0 ? 'over' : 'followed'
          change(id, { state, redriven, unreadable, sent, waiting: redriven })
        },
        (error: unknown) =>
          change(id, {
            state: 'refused',
            error: asApiError(error),
          }),
      )
      .finally(() => latest.current())
  }
  const followed = runs.filter(({ state }) => state === 'followed')
  const isFollowing = followed.length > 0
  const known = useRef(followed)
  known.current = followed
  useEffect(() => {
    if (!isFollowing) return
    const ending = new AbortController()
    let isAsking = false
    const look = async () => {
      if (isAsking || document.hidden) return
      isAsking = true
      try {
        for (const run of known.current) {
          const part = await outcomeOf(run, ending.signal)
          change(run.id, part)
          if (part.state === 'over') latest.current()
        }
      } catch {
        // Asked again at the next turn; the shell says when nobody answers.
      } finally {
        isAsking = false
      }
    }
    look()
    const cancel = every(followEveryMs, look)
    return () => {
      cancel()
      ending.abort()
    }
  }, [isFollowing, change])
  return {
    runs,
    begin,
    dismiss: (id) => setRuns((now) => now.filter((run) => run.id !== id)),
  }
}

async function outcomeOf({ sent }: RedriveRun, signal: AbortSignal): Promise<Partial<RedriveRun>> {
  let [waiting, done, died, older] = [0, 0, 0, 0]
  const dead: RedrivenShape[] = []
  for (const { stage, shard, from, to } of sent) {
    const answer = await getJson<RedrivenAnswer>(
      '/admin/dead-letters/redriven',
      { stage, shard, from, to, limit: 1_000 },
      signal,
    )
    waiting += answer.waiting
    done += answer.done
    died += answer.died
    older += answer.older
    for (const letter of answer.letters)
      if (letter.outcome === 'died' && dead.length < listedDied) dead.push(letter)
  }
  return { waiting, done, died, older, dead, ...(waiting === 0 ? { state: 'over' } : {}) }
}
