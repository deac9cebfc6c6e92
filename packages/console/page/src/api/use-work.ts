/** Work that somebody waits for: whether it goes on, and what it failed with. */
import { useState } from 'react'
import { type ApiError, asApiError } from './client.ts'

export interface Work {
  readonly isBusy: boolean
  /** Of the last piece of work; none while the next one goes on. */
  readonly error: ApiError | undefined
  /** Never rejects. */
  readonly run: (work: () => Promise<unknown>) => Promise<void>
}

export function useWork(): Work {
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>()
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true)
    setError(undefined)
    try {
      await work()
    } catch (failure) {
      setError(asApiError(failure))
    }
    setBusy(false)
  }
  return { isBusy, error, run }
}
