/** Moving and resizing a tile without a mouse: buttons, and keys on the handle. */
import type { KeyboardEvent, PointerEvent } from 'react'
import type { Direction } from '../../../../../src/protocol/dashboard-grid.ts'
import { Button } from '../../../kit/controls.tsx'

export interface PlaceToolsProps {
  readonly title: string
  readonly onMove: (direction: Direction) => void
  /** By columns and rows of the grid. */
  readonly onResize: (columns: number, rows: number) => void
  readonly onRemove: () => void
  /** The handle was taken by the mouse. */
  readonly onDrag: (event: PointerEvent<HTMLElement>) => void
}

const arrows: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}

export function PlaceTools({ title, onMove, onResize, onRemove, onDrag }: PlaceToolsProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    const direction = arrows[event.key]
    if (event.key === 'Delete') onRemove()
    else if (direction === undefined) return
    else if (!event.shiftKey) onMove(direction)
    else if (direction === 'left' || direction === 'right') onResize(direction === 'right' ? 1 : -1, 0)
    else onResize(0, direction === 'down' ? 1 : -1)
    event.preventDefault()
  }
  const step = (label: string, text: string, onClick: () => void) => (
    <Button look="plain" className="icon" aria-label={`${label}: ${title}`} title={label} onClick={onClick}>
      {text}
    </Button>
  )
  return (
    <>
      <button
        type="button"
        className="button icon handle"
        aria-label={`Place of ${title}: arrows move it, with Shift they resize it, Delete takes it off`}
        title="Drag, or use the arrow keys; with Shift they resize"
        onKeyDown={onKeyDown}
        onPointerDown={onDrag}
      >
        ✥
      </button>
      <span className="muted">Move</span>
      {step('Move left', '←', () => onMove('left'))}
      {step('Move right', '→', () => onMove('right'))}
      {step('Move up', '↑', () => onMove('up'))}
      {step('Move down', '↓', () => onMove('down'))}
      <span className="muted">Size</span>
      {step('Narrower', '←', () => onResize(-1, 0))}
      {step('Wider', '→', () => onResize(1, 0))}
      {step('Shorter', '↑', () => onResize(0, -1))}
      {step('Taller', '↓', () => onResize(0, 1))}
    </>
  )
}

export function TitleTools({
  title,
  onEdit,
  onRemove,
}: {
  readonly title: string
  /** Undefined: the chart is gone. */
  readonly onEdit: (() => void) | undefined
  readonly onRemove: () => void
}) {
  return (
    <>
      {onEdit === undefined ? null : (
        <Button look="plain" aria-label={`Edit ${title}`} onClick={onEdit}>
          Edit
        </Button>
      )}
      <Button
        look="plain"
        className="icon"
        aria-label={`Take off: ${title}`}
        title="Take off"
        onClick={onRemove}
      >
        ✕
      </Button>
    </>
  )
}
