/**
 * What is wrong with a cell while it is written: asked for when typing pauses, and whenever `turn` is another, since streams get
 * records and tables appear while a cell stands there. The answer before stays until the next one.
 */
import { useEffect, useState } from 'react'
import type { CheckAnswer, CheckRequest } from '../../../../../src/protocol/notebook.ts'
import { postJson } from '../../../api/client.ts'
import { after } from '../../../kit/clock.ts'

const pauseMs = 350
const nothing: CheckAnswer = { marks: [] }

export function useCheck({ dialect, text, before }: CheckRequest, turn: number): CheckAnswer {
  const [answer, setAnswer] = useState(nothing)
  const isAsked = dialect !== 'markdown' && text.trim() !== ''
  const request = isAsked ? JSON.stringify({ dialect, text, before } satisfies CheckRequest) : undefined
  useEffect(() => {
    void turn
    if (request === undefined) {
      setAnswer(nothing)
      return
    }
    const asking = new AbortController()
    const cancel = after(pauseMs, () => {
      // It was made from such a value above.
      const body = JSON.parse(request) as CheckRequest
      postJson<CheckAnswer>('/admin/notebook/check', body, asking.signal).then(setAnswer, () => {
        // A check that cannot be had marks nothing; running the cell says why.
        if (!asking.signal.aborted) setAnswer(nothing)
      })
    })
    return () => {
      cancel()
      asking.abort()
    }
  }, [request, turn])
  return answer
}
