/**
 * Values of JSON, foldable, and payloads of records. All of it is text nodes: nothing of a record can become an element.
 * What is large is shown in pieces, so that a payload of a megabyte does not hold up the page.
 */
import { Fragment, type ReactNode, useMemo, useState } from 'react'
import './json-view.css'
import { NumberText, payloadValue } from './payload-value.ts'

/** Entries of one list or object, and letters of one text, that are shown at once. */
const entriesMax = 100
const lettersMax = 2_000
/** Letters of a payload that is no JSON. */
const textMax = 100_000
/** Levels that are open at first. */
const openDepth = 3

export function JsonView({ value }: { readonly value: unknown }) {
  return (
    <div className="json">
      <Value value={value} depth={0} tail="" />
    </div>
  )
}

/** JSON is shown as a tree, anything else as it is. */
export function Payload({ text }: { readonly text: string }) {
  const value = useMemo(() => payloadValue(text), [text])
  if (value !== undefined) return <JsonView value={value} />
  return (
    <pre className="json">
      <Pieces text={text} size={textMax} />
    </pre>
  )
}

function Value({
  name,
  value,
  depth,
  tail,
}: {
  readonly name?: string
  readonly value: unknown
  readonly depth: number
  /** A comma, where something follows. */
  readonly tail: string
}) {
  const [isOpen, setOpen] = useState(depth < openDepth)
  const [shown, setShown] = useState(entriesMax)
  const head = name === undefined ? null : <span className="json-name">{JSON.stringify(name)}: </span>
  if (typeof value !== 'object' || value === null || value instanceof NumberText) {
    return (
      <div className="json-line">
        {head}
        <Leaf value={value} />
        {tail}
      </div>
    )
  }
  const isList = Array.isArray(value)
  const entries: readonly (readonly [string, unknown])[] = isList
    ? value.map((one, i) => [String(i), one])
    : Object.entries(value)
  const [opening, closing] = isList ? ['[', ']'] : ['{', '}']
  if (entries.length === 0) {
    return (
      <div className="json-line">
        {head}
        {opening}
        {closing}
        {tail}
      </div>
    )
  }
  const size = `${entries.length} ${isList ? 'item' : 'field'}${entries.length === 1 ? '' : 's'}`
  return (
    <div>
      <div className="json-line">
        <button
          type="button"
          className="json-fold"
          aria-expanded={isOpen}
          aria-label={`${name ?? 'Value'}: ${size}`}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? '▾' : '▸'}
        </button>
        {head}
        {opening}
        {isOpen ? null : (
          <>
            <span className="json-size">{size}</span>
            {closing}
            {tail}
          </>
        )}
      </div>
      {isOpen ? (
        <>
          <div className="json-inside">
            {entries.slice(0, shown).map(([key, one], i) => (
              <Value
                key={key}
                {...(isList ? {} : { name: key })}
                value={one}
                depth={depth + 1}
                tail={i === entries.length - 1 ? '' : ','}
              />
            ))}
            {entries.length > shown ? (
              <button type="button" className="json-more" onClick={() => setShown(shown + entriesMax * 10)}>
                {entries.length - shown} more
              </button>
            ) : null}
          </div>
          <div className="json-line">
            {closing}
            {tail}
          </div>
        </>
      ) : null}
    </div>
  )
}

function Leaf({ value }: { readonly value: unknown }): ReactNode {
  if (value instanceof NumberText) return <span className="json-number">{value.text}</span>
  if (typeof value === 'string') {
    return (
      <span className="json-text">
        <Pieces text={JSON.stringify(value)} size={lettersMax} />
      </span>
    )
  }
  if (typeof value === 'number') return <span className="json-number">{String(value)}</span>
  return <span className="json-word">{String(value)}</span>
}

function Pieces({ text, size }: { readonly text: string; readonly size: number }) {
  const [shown, setShown] = useState(size)
  if (text.length <= shown) return <Fragment>{text}</Fragment>
  return (
    <>
      {text.slice(0, shown)}
      <button type="button" className="json-more" onClick={() => setShown(shown + size * 10)}>
        {(text.length - shown).toLocaleString('en')} more letters
      </button>
    </>
  )
}
