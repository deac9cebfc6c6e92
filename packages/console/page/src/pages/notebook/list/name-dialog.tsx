/** Asks for the name of a notebook: a new one, a copy, another name. */
import { useState } from 'react'
import type { ApiError } from '../../../api/client.ts'
import { Button, ErrorNote, TextField } from '../../../kit/controls.tsx'
import { Dialog } from '../../../kit/dialog.tsx'
import { apiError } from '../hooks/use-notebook.ts'

export function NameDialog({
  title,
  verb,
  initial,
  onName,
  onClose,
}: {
  readonly title: string
  /** On its button: Create, Rename. */
  readonly verb: string
  readonly initial: string
  /** Rejects with what it was refused for; the dialog shows it and stays. */
  readonly onName: (name: string) => Promise<void>
  readonly onClose: () => void
}) {
  const [name, setName] = useState(initial)
  const [error, setError] = useState<ApiError | undefined>()
  const [isAsked, setAsked] = useState(false)
  const submit = async () => {
    setAsked(true)
    try {
      await onName(name.trim())
    } catch (failure) {
      setError(apiError(failure))
      setAsked(false)
    }
  }
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" onClick={submit} disabled={isAsked || name.trim() === ''}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim() !== '') void submit()
        }}
      >
        <TextField
          label="Name: letters, digits, dashes, underscores, dots"
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
