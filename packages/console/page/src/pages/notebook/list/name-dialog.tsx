/** Asks for the name of a notebook: a new one, a copy, another name. */
import { useState } from 'react'
import { TextField } from '../../../kit/controls.tsx'
import { FormDialog } from '../../../kit/form-dialog.tsx'

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
  /** Rejects with what it was refused for. */
  readonly onName: (name: string) => Promise<void>
  readonly onClose: () => void
}) {
  const [name, setName] = useState(initial)
  return (
    <FormDialog
      title={title}
      verb={verb}
      isComplete={name.trim() !== ''}
      onSubmit={() => onName(name.trim())}
      onClose={onClose}
    >
      <TextField
        label="Name: letters, digits, dashes, underscores, dots"
        value={name}
        autoComplete="off"
        spellCheck={false}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
    </FormDialog>
  )
}
