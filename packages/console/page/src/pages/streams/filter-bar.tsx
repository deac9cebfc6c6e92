/** Fields that say which records are shown: key, condition on JSON, text. They hold when Enter is pressed or the button. */
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { Button, TextField } from '../../kit/controls.tsx'
import { change } from './stream-place.ts'

export interface FilterTexts {
  readonly key?: string | undefined
  readonly where?: string | undefined
  readonly text?: string | undefined
}

export function filterOf(query: URLSearchParams): FilterTexts {
  return {
    key: query.get('key') ?? undefined,
    where: query.get('where') ?? undefined,
    text: query.get('text') ?? undefined,
  }
}

export function FilterBar({
  name,
  query,
  children,
}: {
  readonly name: string
  readonly query: URLSearchParams
  /** Behind the fields. */
  readonly children?: ReactNode
}) {
  const applied = filterOf(query)
  const [draft, setDraft] = useState(applied)
  const { key, where, text } = applied
  // The address may change by itself: back, a link.
  useEffect(() => setDraft({ key, where, text }), [key, where, text])
  const isChanged =
    (draft.key ?? '') !== (key ?? '') ||
    (draft.where ?? '') !== (where ?? '') ||
    (draft.text ?? '') !== (text ?? '')
  const hasFilter = key !== undefined || where !== undefined || text !== undefined
  const apply = (event: FormEvent) => {
    event.preventDefault()
    change(name, query, { key: draft.key, where: draft.where, text: draft.text, next: undefined })
  }
  return (
    <form className="streams-filter" onSubmit={apply} aria-label="Filter of records">
      <TextField
        label="Partition key"
        placeholder="order-17 or order-*"
        value={draft.key ?? ''}
        spellCheck={false}
        autoComplete="off"
        data-filter=""
        onChange={({ target }) => setDraft({ ...draft, key: target.value })}
      />
      <div className="streams-where">
        <TextField
          label="Where (JSON path)"
          placeholder="$.status = 'FAILED' and $.qty >= 10"
          value={draft.where ?? ''}
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => setDraft({ ...draft, where: target.value })}
        />
      </div>
      <TextField
        label="Payload contains"
        placeholder="text"
        value={draft.text ?? ''}
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => setDraft({ ...draft, text: target.value })}
      />
      <Button type="submit" disabled={!isChanged}>
        Filter
      </Button>
      <Button
        look="plain"
        disabled={!hasFilter}
        onClick={() =>
          change(name, query, { key: undefined, where: undefined, text: undefined, next: undefined })
        }
      >
        Clear
      </Button>
      {children}
    </form>
  )
}
