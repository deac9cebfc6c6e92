/**
 * A drawer at the right side: details of what was chosen on the page. The page beside it stays usable by the mouse, so that the next
 * row can be chosen without closing it; for the keyboard it keeps the focus until Esc.
 */
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { createPortal } from 'react-dom'
import { Button } from './controls.tsx'
import './overlay.css'
import { useKeptFocus } from './use-kept-focus.ts'

export interface DrawerProps {
  readonly title: ReactNode
  readonly onClose: () => void
  /** Beside the title. */
  readonly actions?: ReactNode
  /** More room, for tables inside. */
  readonly wide?: boolean
  readonly children: ReactNode
}

export function Drawer({ title, onClose, actions, wide = false, children }: DrawerProps) {
  const box = useRef<HTMLElement>(null)
  const titleId = useId()
  useKeptFocus(box)
  const close = useRef(onClose)
  close.current = onClose
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // What lies above (a dialog, a menu) closes first, and a field may have meant something with it.
      if (event.key !== 'Escape' || event.defaultPrevented || isCovered()) return
      event.preventDefault()
      close.current()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return createPortal(
    <section
      ref={box}
      className={`drawer ${wide ? 'wide' : ''}`}
      role="dialog"
      aria-labelledby={titleId}
      tabIndex={-1}
    >
      <header className="overlay-head">
        <h2 id={titleId}>{title}</h2>
        <div className="actions">
          {actions}
          <Button look="plain" className="icon" aria-label="Close" title="Close (Esc)" onClick={onClose}>
            ✕
          </Button>
        </div>
      </header>
      <div className="overlay-body">{children}</div>
    </section>,
    document.body,
  )
}

function isCovered(): boolean {
  return document.querySelector('dialog:modal, [popover]:popover-open') !== null
}
