/** A dialog over the page, which waits until it is answered. Esc closes it; what is behind cannot be reached. */
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { createPortal } from 'react-dom'
import { Button } from './controls.tsx'
import './overlay.css'

export interface DialogProps {
  readonly title: ReactNode
  readonly onClose: () => void
  /** Buttons at the foot: the one that does it last. */
  readonly actions?: ReactNode
  readonly wide?: boolean
  readonly children: ReactNode
}

export function Dialog({ title, onClose, actions, wide = false, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const before = document.activeElement
    const { current } = box
    if (current !== null && !current.open) current.showModal()
    return () => {
      current?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  return createPortal(
    <dialog
      ref={box}
      className={`dialog ${wide ? 'wide' : ''}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        // Whether it is there is for its owner to say.
        event.preventDefault()
        onClose()
      }}
    >
      <header className="overlay-head">
        <h2 id={titleId}>{title}</h2>
        <div className="actions">
          <Button look="plain" className="icon" aria-label="Close" title="Close (Esc)" onClick={onClose}>
            ✕
          </Button>
        </div>
      </header>
      <div className="overlay-body">{children}</div>
      {actions === undefined ? null : <footer className="overlay-foot">{actions}</footer>}
    </dialog>,
    document.body,
  )
}
