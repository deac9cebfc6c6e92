/** The field that `/` goes to: narrows what the page shows. Esc empties it, and leaves it when it is empty. */
import type { KeyboardEvent } from 'react'

export function FilterField({
  label,
  value,
  onChange,
  placeholder = 'Filter',
  width = 220,
}: {
  /** For screen readers: "Filter streams by name". */
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly placeholder?: string
  readonly width?: number
}) {
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    if (value === '') event.currentTarget.blur()
    else onChange('')
  }
  return (
    <label className="filter">
      <span className="hidden-label">{label}</span>
      <input
        className="input"
        type="search"
        data-filter=""
        style={{ width }}
        value={value}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <span className="key" aria-hidden="true">
        /
      </span>
    </label>
  )
}
