/** A button with a menu: arrows move, Enter chooses, Esc closes. It lies over everything and closes when something else is clicked. */
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react'
import { Button } from './controls.tsx'
import './overlay.css'

export interface MenuItem {
  readonly label: string
  /** In small letters behind it. */
  readonly hint?: string
  readonly onChoose: () => void
  readonly isDisabled?: boolean
}

export interface MenuProps {
  readonly label: ReactNode
  readonly items: readonly MenuItem[]
  readonly look?: '' | 'plain'
}

export function Menu({ label, items, look = '' }: MenuProps) {
  const list = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const entries = () => [
    ...(list.current?.querySelectorAll<HTMLElement>('[role=menuitem]:not(:disabled)') ?? []),
  ]
  const open = () => {
    const { current } = list
    const place = button.current?.getBoundingClientRect()
    if (current === null || place === undefined) return
    current.showPopover()
    const { offsetWidth, offsetHeight } = current
    const isBelow = place.bottom + offsetHeight + 8 < window.innerHeight || place.top < offsetHeight
    current.style.top = `${isBelow ? place.bottom + 4 : place.top - offsetHeight - 4}px`
    current.style.left = `${Math.max(8, Math.min(place.left, window.innerWidth - offsetWidth - 8))}px`
    entries()[0]?.focus()
  }
  const close = () => {
    list.current?.hidePopover()
    button.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const all = entries()
    const at = all.findIndex((entry) => entry.matches(':focus'))
    const to: Readonly<Record<string, number>> = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: (at - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }
    const target = to[event.key]
    if (target !== undefined) {
      event.preventDefault()
      all[target]?.focus()
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault()
      event.stopPropagation()
      close()
    }
  }
  return (
    <>
      <Button
        ref={button}
        look={look}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => (isOpen ? close() : open())}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return
          event.preventDefault()
          open()
        }}
      >
        {label}
        <span className="caret" aria-hidden="true">
          ▾
        </span>
      </Button>
      <div
        ref={list}
        id={id}
        className="menu"
        role="menu"
        aria-label={typeof label === 'string' ? label : 'Choices'}
        popover="auto"
        onToggle={(event) => setOpen(event.newState === 'open')}
        onKeyDown={onKeyDown}
      >
        {items.map(({ label: text, hint, onChoose, isDisabled = false }) => (
          <button
            key={text}
            type="button"
            role="menuitem"
            tabIndex={-1}
            disabled={isDisabled}
            onClick={() => {
              close()
              onChoose()
            }}
          >
            <span>{text}</span>
            {hint === undefined ? null : <span className="hint">{hint}</span>}
          </button>
        ))}
      </div>
    </>
  )
}
