/** Buttons, fields, badges, tabs. */
import type { ComponentProps, InputHTMLAttributes, ReactNode, SelectHTMLAttributes } from 'react'
import './kit.css'

export type Tone = 'plain' | 'ok' | 'warn' | 'bad'

export function Button({
  look = '',
  className = '',
  ...rest
}: ComponentProps<'button'> & {
  readonly look?: '' | 'primary' | 'danger' | 'plain'
}) {
  return <button type="button" className={`button ${look} ${className}`} {...rest} />
}

export function Badge({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>
}

/** A sentence that people should read. */
export function Note({
  tone = 'plain',
  code,
  children,
}: {
  readonly tone?: Tone
  readonly code?: string
  readonly children: ReactNode
}) {
  return (
    <div className={`note ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {code === undefined ? null : <span className="code">{code} </span>}
      {children}
    </div>
  )
}

/** What a call was refused with; nothing where it was not. */
export function ErrorNote({
  error,
}: {
  readonly error: { readonly code: string; readonly message: string } | undefined
}) {
  return error === undefined ? null : (
    <Note tone="bad" code={error.code}>
      {error.message}
    </Note>
  )
}

/** `label` is always there for screen readers; `hideLabel` hides it from the others. */
export function TextField({
  label,
  hideLabel = false,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & {
  readonly label: string
  readonly hideLabel?: boolean
}) {
  return (
    <label className="field">
      <span className={hideLabel ? 'hidden-label' : 'label'}>{label}</span>
      <input className="input" {...rest} />
    </label>
  )
}

export function SelectField({
  label,
  hideLabel = false,
  options,
  ...rest
}: SelectHTMLAttributes<HTMLSelectElement> & {
  readonly label: string
  readonly hideLabel?: boolean
  /** Values with what people read. */
  readonly options: readonly (readonly [value: string, text: string])[]
}) {
  return (
    <label className="field">
      <span className={hideLabel ? 'hidden-label' : 'label'}>{label}</span>
      <select className="input" {...rest}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Arrow keys go from tab to tab. */
export function Tabs({
  label,
  tabs,
  chosen,
  onChoose,
}: {
  readonly label: string
  readonly tabs: readonly (readonly [name: string, text: string])[]
  readonly chosen: string
  readonly onChoose: (name: string) => void
}) {
  const move = (step: number) => {
    const at = tabs.findIndex(([name]) => name === chosen)
    const next = tabs[(at + step + tabs.length) % tabs.length]
    if (next !== undefined) onChoose(next[0])
  }
  return (
    <div
      className="tabs"
      role="tablist"
      aria-label={label}
      onKeyDown={({ key }) => {
        if (key === 'ArrowRight') move(1)
        if (key === 'ArrowLeft') move(-1)
      }}
    >
      {tabs.map(([name, text]) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={name === chosen}
          tabIndex={name === chosen ? 0 : -1}
          ref={(node) => {
            // Focus follows the choice while it is in the list.
            if (name === chosen && node?.parentElement?.contains(document.activeElement) === true)
              node.focus()
          }}
          onClick={() => onChoose(name)}
        >
          {text}
        </button>
      ))}
    </div>
  )
}
