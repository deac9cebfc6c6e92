/** Makes a cell a query of the app: asks for its name, then shows its text, the file it belongs into, and what is to be done. */
import { useState } from 'react'
import type { PromoteAnswer, PromoteRequest } from '../../../../src/protocol/notebook.ts'
import { postJson } from '../../api/client.ts'
import { Button, TextField } from '../../kit/controls.tsx'
import { CopyButton } from '../../kit/copy.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { FormDialog } from '../../kit/form-dialog.tsx'

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
  const promote = async () => {
    const request: PromoteRequest = { name, text, before }
    setAnswer(await postJson<PromoteAnswer>('/admin/notebook/promote', request))
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
    <FormDialog
      title="Make it a query of the app"
      verb="Make the query"
      isComplete={name !== ''}
      onSubmit={promote}
      onClose={onClose}
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
    </FormDialog>
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
