/**
 * Letters that match, page by page. They are read again when `version` changes (the counts of a stage did), all of the pages that
 * are shown, so that nothing jumps; what was shown stays until the answer is there.
 */
import { useEffect, useState } from 'react'
import type { LetterSummary, LettersAnswer } from '../../../../src/protocol/dead-letters.ts'
import { type ApiError, asApiError, getJson } from '../../api/client.ts'
import { filterOf, type LetterQuery } from './letter-query.ts'

const pageLetters = 200
const pagesMax = 20

export interface Letters {
  /** Undefined: not known yet. */
  readonly letters: readonly LetterSummary[] | undefined
  /** More may follow. */
  readonly hasMore: boolean
  readonly isLoading: boolean
  readonly error: ApiError | undefined
  readonly more: () => void
}

export function useLetters(query: LetterQuery, version: string): Letters {
  const filter = filterOf(query)
  const asked = JSON.stringify(filter)
  const [pages, setPages] = useState({ asked, count: 1 })
  const count = pages.asked === asked ? pages.count : 1
  const [state, setState] = useState<{
    readonly letters?: readonly LetterSummary[]
    readonly hasMore: boolean
    readonly error?: ApiError
  }>({ hasMore: false })
  const [isLoading, setLoading] = useState(true)
  useEffect(() => {
    void version
    const asking = new AbortController()
    setLoading(true)
    readPages(JSON.parse(asked), count, asking.signal)
      .then(
        (found) => setState(found),
        (error: unknown) => {
          if (asking.signal.aborted) return
          const known = asApiError(error)
          setState((now) => ({ ...now, error: known }))
        },
      )
      .finally(() => {
        if (!asking.signal.aborted) setLoading(false)
      })
    return () => asking.abort()
  }, [asked, count, version])
  return {
    letters: state.letters,
    hasMore: state.hasMore && count < pagesMax,
    isLoading,
    error: state.error,
    more: () => setPages({ asked, count: count + 1 }),
  }
}

async function readPages(filter: Readonly<Record<string, string>>, count: number, signal: AbortSignal) {
  const letters: LetterSummary[] = []
  let after: string | null = null
  for (let page = 0; page < count; page++) {
    const query: Record<string, string | number> = { ...filter, limit: pageLetters }
    if (after !== null) query.after = after
    const answer: LettersAnswer = await getJson<LettersAnswer>('/admin/dead-letters', query, signal)
    letters.push(...answer.letters)
    after = answer.next
    if (after === null) break
  }
  return { letters, hasMore: after !== null }
}
