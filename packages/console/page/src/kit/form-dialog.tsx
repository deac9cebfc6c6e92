/** A dialog that asks for something and does it: Enter or its button; what it was refused with is shown, and it stays. */
import { type ReactNode, useId } from 'react'
import { useWork } from '../api/use-work.ts'
import { Button, ErrorNote } from './controls.tsx'
import { Dialog } from './dialog.tsx'

export interface FormDialogProps {
  readonly title: ReactNode
  /** On its button: Create, Rename. */
  readonly verb: string
  /** Everything that is needed is there. */
  readonly isComplete: boolean
  /** Rejects with what it was refused for. */
  readonly onSubmit: () => Promise<unknown>
  readonly onClose: () => void
  readonly wide?: boolean
  readonly children: ReactNode
}

export function FormDialog({
  title,
  verb,
  isComplete,
  onSubmit,
  onClose,
  wide = false,
  children,
}: FormDialogProps) {
  const { error, isBusy, run } = useWork()
  const form = useId()
  return (
    <Dialog
      title={title}
      wide={wide}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={form} disabled={isBusy || !isComplete}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (isComplete && !isBusy) void run(onSubmit)
        }}
      >
        {children}
        <ErrorNote error={error} />
      </form>
    </Dialog>
  )
}
