/** One line about a run: how it goes, what it has read, why nothing comes out. */
import type { ReactNode } from 'react'
import { steadyMs } from '../../../kit/clock.ts'
import { Badge, type Tone } from '../../../kit/controls.tsx'
import { countText, durationText } from '../../../kit/numbers.ts'
import { useNow } from '../../../kit/use-now.ts'
import { type CellResult, isActive } from '../model/cell-results.ts'

const states: Readonly<Record<Exclude<CellResult['state'], 'idle'>, readonly [text: string, tone: Tone]>> = {
  asked: ['Starting', 'plain'],
  running: ['Running', 'ok'],
  ended: ['Done', 'plain'],
  stopped: ['Stopped', 'plain'],
  failed: ['Failed', 'bad'],
}

export function CellStatus({
  result,
  isEdited,
}: {
  readonly result: CellResult
  readonly isEdited: boolean
}) {
  const { state, progress, total, rows, columns, ms, sinceMs } = result
  if (state === 'idle') return null
  const [text, tone] = states[state]
  const facts: (readonly [name: string, text: ReactNode])[] = []
  if (progress !== undefined) facts.push(['records', `${countText(progress.records)} records read`])
  if (progress !== undefined && progress.changes > 0)
    facts.push(['changes', `${countText(progress.changes)} changes`])
  if (columns.length > 0)
    facts.push([
      'rows',
      total > rows.length
        ? `${countText(total)} rows, the newest ${countText(rows.length)} shown`
        : `${countText(total)} rows`,
    ])
  if (progress?.watermark !== undefined) facts.push(['watermark', `watermark ${timeOf(progress.watermark)}`])
  if (ms !== undefined) facts.push(['time', durationText(ms)])
  else if (sinceMs !== undefined && isActive(result))
    facts.push(['time', <Elapsed key="time" sinceMs={sinceMs} />])
  // Where rows would be is room for the sentence; it stands there.
  const isTold = columns.length > 0 && rows.length === 0
  const waiting = isActive(result) && !isTold ? progress?.waiting : undefined
  return (
    <div className="cell-status">
      <Badge tone={tone}>{text}</Badge>
      {isEdited ? <Badge tone="warn">edited since it ran</Badge> : null}
      {facts.map(([name, fact]) => (
        <span key={name}>{fact}</span>
      ))}
      {waiting === undefined ? null : <span className="waiting">{waiting}</span>}
      {progress?.refused === undefined ? null : (
        <span className="refused">
          {countText(progress.refused.count)} refused or late; the first: {progress.refused.first}
        </span>
      )}
    </div>
  )
}

function Elapsed({ sinceMs }: { readonly sinceMs: number }) {
  useNow(1_000)
  const seconds = Math.floor(Math.max(0, steadyMs() - sinceMs) / 1_000)
  return seconds < 60 ? `${seconds} s` : durationText(seconds * 1_000)
}

/** The day is mostly today's: the time of day is what moves. */
function timeOf(iso: string): string {
  return iso.replace('T', ' ').replace(/(?:\.000)?Z$/, '')
}
