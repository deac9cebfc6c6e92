/** A program to be read: with colours, numbers of lines, and one stretch of it marked. */
import { useEffect, useMemo, useRef } from 'react'
import { type SqlPiece, sqlPieces } from './sql-pieces.ts'

export interface Stretch {
  readonly from: number
  readonly to: number
}

export function SqlText({
  text,
  label,
  marked,
}: {
  readonly text: string
  readonly label: string
  readonly marked: Stretch | undefined
}) {
  const lines = useMemo(() => linesOf(sqlPieces(text)), [text])
  const box = useRef<HTMLElement>(null)
  useEffect(() => {
    if (marked === undefined) return
    const found = box.current?.querySelector('mark')
    const frame = box.current
    if (found === null || found === undefined || frame === null) return
    // Only the program moves, not the page.
    const top = found.offsetTop - frame.offsetTop
    if (top < frame.scrollTop || top > frame.scrollTop + frame.clientHeight - 40)
      frame.scrollTop = Math.max(0, top - 60)
  }, [marked])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must be able to
    <section className="sql-text" aria-label={label} ref={box} tabIndex={0}>
      <ol>
        {lines.map((pieces, i) => (
          // Lines have no names but their numbers.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <li key={i}>
            <code>{pieces.length === 0 ? ' ' : pieces.flatMap((piece) => marksOf(piece, marked))}</code>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** A piece in up to three parts: before, in and behind what is marked. */
function marksOf(piece: SqlPiece, marked: Stretch | undefined) {
  const { kind, from, text } = piece
  const end = from + text.length
  const start = marked === undefined ? end : Math.max(from, Math.min(end, marked.from))
  const stop = marked === undefined ? end : Math.max(start, Math.min(end, marked.to))
  return [
    { at: from, words: text.slice(0, start - from), isMarked: false },
    { at: start, words: text.slice(start - from, stop - from), isMarked: true },
    { at: stop, words: text.slice(stop - from), isMarked: false },
  ]
    .filter(({ words }) => words !== '')
    .map(({ at, words, isMarked }) =>
      isMarked ? (
        <mark key={`${at} marked`} className={`sql-${kind}`}>
          {words}
        </mark>
      ) : (
        <span key={at} className={`sql-${kind}`}>
          {words}
        </span>
      ),
    )
}

function linesOf(pieces: readonly SqlPiece[]): SqlPiece[][] {
  const lines: SqlPiece[][] = [[]]
  for (const { kind, from, text } of pieces) {
    let at = from
    for (const [i, part] of text.split('\n').entries()) {
      if (i > 0) lines.push([])
      if (part !== '') lines.at(-1)?.push({ kind, from: at, text: part })
      at += part.length + 1
    }
  }
  return lines
}
