/** Dead letters as rows. j and k go through them like the arrows do. */
import { type ReactNode, useRef } from 'react'
import type { LetterSummary } from '../../../../src/protocol/dead-letters.ts'
import { Badge } from '../../kit/controls.tsx'
import { Grid } from '../../kit/grid.tsx'
import { useNow } from '../../kit/use-now.ts'
import { useShortcut } from '../../shell/shortcuts.ts'
import { agoText, shortId, timeText, withoutCode } from './letter-words.ts'

const columns = [
  { name: 'id', title: 'Record', width: 130 },
  { name: 'stage', title: 'Stage', width: '0.7fr' },
  { name: 'key', title: 'Key', width: '0.7fr' },
  { name: 'code', title: 'Code', width: 150 },
  { name: 'message', title: 'Message', width: '2.4fr' },
  { name: 'payload', title: 'Payload', width: '2.4fr' },
  { name: 'attempts', title: 'Tries', align: 'right', width: 58 },
  { name: 'last', title: 'Last try', width: 96 },
  { name: 'state', title: 'So far', width: 116 },
] as const

export interface LetterGridProps {
  readonly letters: readonly LetterSummary[]
  readonly selected: string | undefined
  readonly onOpen: (letter: LetterSummary) => void
  readonly onMark: (letter: LetterSummary) => void
  /** j and k while a letter is open. */
  readonly onStep: ((step: -1 | 1) => void) | undefined
  readonly empty: ReactNode
}

export function letterKey({ stage, id }: { readonly stage: string; readonly id: string }): string {
  return `${stage} ${id}`
}

export function LetterGrid({ letters, selected, onOpen, onMark, onStep, empty }: LetterGridProps) {
  const box = useRef<HTMLDivElement>(null)
  const now = useNow(5_000)
  const move = (step: -1 | 1) => {
    if (onStep !== undefined) return onStep(step)
    const grid = box.current?.querySelector<HTMLElement>('[role=grid]')
    grid?.focus()
    grid?.dispatchEvent(
      new KeyboardEvent('keydown', { key: step === 1 ? 'ArrowDown' : 'ArrowUp', bubbles: true }),
    )
  }
  useShortcut('j', 'Next letter', () => move(1))
  useShortcut('k', 'Letter before', () => move(-1))
  return (
    <div ref={box} className="letters-fill">
      <Grid
        label="Dead letters"
        columns={columns}
        rows={letters}
        rowKey={letterKey}
        cell={(letter, column) => letterCell(letter, column, now)}
        selected={selected}
        onOpen={onOpen}
        onMark={onMark}
        height="fill"
        empty={empty}
      />
    </div>
  )
}

function letterCell(letter: LetterSummary, column: string, now: number): ReactNode {
  const {
    id,
    stage,
    partitionKey,
    error,
    preview,
    attempts,
    lastTime,
    redrives = 0,
    isEdited,
    records,
  } = letter
  switch (column) {
    case 'id':
      return <span className="mono">{shortId(id)}</span>
    case 'stage':
      return stage
    case 'key':
      return partitionKey ?? ''
    case 'code':
      return error.code
    case 'message':
      return withoutCode(error.code, error.message)
    case 'payload':
      return (
        <span className="mono">{preview ?? (records === undefined ? 'binary' : `${records} records`)}</span>
      )
    case 'attempts':
      return <span className="tabular">{attempts ?? ''}</span>
    case 'last':
      return (
        <span className="tabular" title={timeText(lastTime)}>
          {agoText(lastTime, now)}
        </span>
      )
    default:
      return (
        <>
          {isEdited ? <Badge>edited</Badge> : null}
          {redrives > 0 ? <Badge tone="warn">redriven {redrives}×</Badge> : null}
        </>
      )
  }
}
