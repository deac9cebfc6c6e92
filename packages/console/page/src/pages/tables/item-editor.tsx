/**
 * Writes an item: as plain JSON where that says all of it, else with the types of its values (sets and binaries are none of plain
 * JSON). A new item has to be new, and one that has changed since it was opened is not overwritten.
 */
import { useRef, useState } from 'react'
import {
  type ItemShape,
  isPlainItem,
  type PutAnswer,
  plainItemText,
  type TableShape,
} from '../../../../src/protocol/tables.ts'
import { type ApiError, asApiError, postJson } from '../../api/client.ts'
import { Button, ErrorNote } from '../../kit/controls.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Editor } from '../../kit/editor.tsx'
import { useToast } from '../../kit/toast.tsx'

export interface ItemEditorProps {
  readonly table: TableShape
  /** Undefined: a new one. */
  readonly item: ItemShape | undefined
  readonly onClose: () => void
  readonly onSaved: (item: ItemShape) => void
}

export function ItemEditor({ table, item, onClose, onSaved }: ItemEditorProps) {
  // As it was opened: what a stage writes meanwhile must not be lost without a word.
  const opened = useRef(item)
  const isTyped = opened.current !== undefined && !isPlainItem(opened.current)
  const [text, setText] = useState(() => textOf(table, opened.current, isTyped))
  const [error, setError] = useState<ApiError>()
  const [isSaving, setSaving] = useState(false)
  const toast = useToast()
  const problem = jsonProblem(text)
  const save = () => {
    if (problem !== undefined || isSaving) return
    setSaving(true)
    const content = isTyped ? { item: JSON.parse(text) } : { text }
    postJson<PutAnswer>('/admin/tables/put', {
      table: table.name,
      expected: opened.current ?? null,
      ...content,
    }).then(
      (answer) => {
        toast('ok', `Written to ${table.name}.`)
        onSaved(answer.item)
      },
      (refused: unknown) => {
        setSaving(false)
        setError(asApiError(refused))
      },
    )
  }
  return (
    <Dialog
      title={item === undefined ? `New item of ${table.name}` : 'Edit the item'}
      wide
      onClose={onClose}
      actions={
        <>
          <span className="problem muted" role="status">
            {problem ?? ''}
          </span>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" disabled={problem !== undefined || isSaving} onClick={save}>
            Write
          </Button>
        </>
      }
    >
      <div className="drawer-part">
        <ErrorNote error={error} />
        <Editor
          label={isTyped ? 'The item with the types of its values' : 'The item as JSON'}
          language="json"
          value={text}
          onChange={setText}
          onRun={save}
          minLines={10}
        />
      </div>
    </Dialog>
  )
}

function textOf(table: TableShape, item: ItemShape | undefined, isTyped: boolean): string {
  if (item !== undefined) return isTyped ? JSON.stringify(item, undefined, 2) : plainItemText(item, 2)
  const keys = [table.partitionKey, ...(table.sortKey === undefined ? [] : [table.sortKey])]
  const members = keys.map(({ name, type }) => `  ${JSON.stringify(name)}: ${type === 'number' ? '0' : '""'}`)
  return `{\n${members.join(',\n')}\n}`
}

function jsonProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? undefined
      : 'An item is a JSON object.'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
