/** Makes a cell a query of the app: asks for its name, then shows its text, the file it belongs into, and what is to be done. */
import { useState } from 'react'
import type { PromoteAnswer, PromoteRequest } from '../../../../src/protocol/notebook.ts'
import { type ApiError, postJson } from '../../api/client.ts'
import { Button, ErrorNote, TextField } from '../../kit/controls.tsx'
import { CopyButton } from '../../kit/copy.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { apiError } from './hooks/use-notebook.ts'

export function PromoteDialog({
  cellName,
  text,
  before,
  onClose,
}: {
  readonly cellName: string
  readonly text: string
  readonly before: readonly string[]
  readonly onClose: () => void
}) {
  const [name, setName] = useState(() => queryName(cellName))
  const [answer, setAnswer] = useState<PromoteAnswer | undefined>()
  const [error, setError] = useState<ApiError | undefined>()
  const [isAsked, setAsked] = useState(false)
  const promote = async () => {
    setAsked(true)
    try {
      const request: PromoteRequest = { name, text, before }
      setAnswer(await postJson<PromoteAnswer>('/admin/notebook/promote', request))
      setError(undefined)
    } catch (failure) {
      setError(apiError(failure))
    } finally {
      setAsked(false)
    }
  }
  if (answer !== undefined)
    return (
      <Dialog
        title={`Query ${name}`}
        wide
        onClose={onClose}
        actions={
          <>
            <CopyButton text={answer.text} label="Copy the text" />
            <Button look="primary" onClick={onClose}>
              Close
            </Button>
          </>
        }
      >
        <p>
          File: <code>{answer.file}</code>
        </p>
        <p className="promote-next">{answer.next}</p>
        <pre className="promote-text">{answer.text}</pre>
      </Dialog>
    )
  return (
    <Dialog
      title="Make it a query of the app"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" onClick={promote} disabled={isAsked || name === ''}>
            {isAsked ? 'Writing…' : 'Make the query'}
          </Button>
        </>
      }
    >
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (name !== '') void promote()
        }}
      >
        <p>
          The cell and what it needs of the cells above become a text of the app. What runs now goes on as it
          is; the query begins with the app's next start.
        </p>
        <TextField
          label="Name of the query"
          value={name}
          autoComplete="off"
          spellCheck={false}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <ErrorNote error={error} />
      </form>
    </Dialog>
  )
}

/** A title as a name of a stage: `Orders by status` is orders-by-status. */
function queryName(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
}
