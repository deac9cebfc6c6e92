/** The first rows of a table, as a query gives them. */
import { useEffect, useState } from 'react'
import type { QueryAnswer } from '../../../../../src/protocol/lake.ts'
import { type ApiError, asApiError, postJson } from '../../../api/client.ts'
import { Button, ErrorNote } from '../../../kit/controls.tsx'
import { Skeleton } from '../../../kit/skeleton.tsx'
import { sqlName } from '../lake-text.ts'
import { ResultGrid } from '../sql/result-grid.tsx'
import type { TablePlace } from './table-place.ts'

const previewRows = 100

export function TablePreview({ database, name }: TablePlace) {
  const [state, setState] = useState<{ answer?: QueryAnswer; error?: ApiError }>({})
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    void turn
    const asking = new AbortController()
    const sql = `SELECT * FROM ${sqlName(database, name)} LIMIT ${previewRows}`
    postJson<QueryAnswer>('/admin/query', { sql, limit: previewRows, record: false }, asking.signal).then(
      (answer) => setState({ answer }),
      (error: unknown) => {
        if (asking.signal.aborted) return
        setState({ error: asApiError(error) })
      },
    )
    return () => asking.abort()
  }, [database, name, turn])
  const { answer, error } = state
  return (
    <div className="lake-part">
      <div className="lake-toolbar">
        <Button onClick={() => setTurn(turn + 1)}>Read again</Button>
        {answer === undefined ? null : (
          <span className="muted">
            {answer.rows.length} rows in {answer.ms} ms
          </span>
        )}
      </div>
      <ErrorNote error={error} />
      {answer === undefined ? (
        error === undefined ? (
          <Skeleton lines={8} />
        ) : null
      ) : (
        <ResultGrid label={`First rows of ${name}`} answer={answer} />
      )}
    </div>
  )
}
