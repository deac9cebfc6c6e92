/**
 * The command palette: pages, everything that has a name, and what can be done, found by some letters of it. Arrows move, Enter goes.
 * Names are asked for when it is opened. Focus stays in the field; what is marked is told by aria-activedescendant.
 */
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import type { Named, NamesAnswer } from '../../../src/protocol/overview.ts'
import { useApi } from '../api/use-api.ts'
import { ErrorNote } from '../kit/controls.tsx'
import { Icon, type IconName } from '../kit/icons.tsx'
import { go, hrefOf } from '../kit/router.ts'
import { fuzzyScore } from './fuzzy.ts'
import { pages } from './pages.ts'
import { keyText } from './shortcuts.ts'
import './palette.css'

export interface Command {
  readonly title: string
  readonly about?: string
  readonly icon: IconName
  /** As in useShortcut. */
  readonly key?: string
  readonly run: () => void
}

interface Choice extends Command {
  readonly id: string
  readonly group: string
}

/** More than this is read by nobody. */
const shownMax = 60

/** Where things with names are. */
const places = {
  stream: { group: 'Streams', icon: 'streams', page: 'streams' },
  table: { group: 'Tables', icon: 'tables', page: 'tables' },
  stage: { group: 'Stages', icon: 'pipeline', page: 'pipeline' },
  dataset: { group: 'Lake', icon: 'lake', page: 'lake/tables' },
  notebook: { group: 'Notebooks', icon: 'notebook', page: 'notebook' },
} as const satisfies Readonly<
  Record<Named['kind'], { readonly group: string; readonly icon: IconName; readonly page: string }>
>

export function Palette({
  commands,
  onClose,
}: {
  readonly commands: readonly Command[]
  readonly onClose: () => void
}) {
  const { data, error } = useApi<NamesAnswer>('/admin/console/names')
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const box = useRef<HTMLDialogElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const all = useMemo(() => choicesOf(commands, data?.names ?? []), [commands, data])
  const found = useMemo(() => find(typed, all), [typed, all])

  useEffect(() => {
    const before = document.activeElement
    const { current } = box
    if (current !== null && !current.open) current.showModal()
    return () => {
      current?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  useEffect(() => {
    list.current?.querySelector(`[data-at="${at}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [at])

  const choose = (choice: Choice | undefined) => {
    if (choice === undefined) return
    onClose()
    choice.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const to: Readonly<Record<string, number>> = {
      ArrowDown: (at + 1) % Math.max(1, found.length),
      ArrowUp: (at - 1 + found.length) % Math.max(1, found.length),
      PageDown: Math.min(found.length - 1, at + 8),
      PageUp: Math.max(0, at - 8),
    }
    const target = to[event.key]
    if (target !== undefined) setAt(target)
    else if (event.key === 'Enter') choose(found[at])
    else return
    event.preventDefault()
  }
  return (
    <dialog
      ref={box}
      className="palette"
      aria-label="Go to, or do"
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        // Of the veil around it.
        if (event.target === event.currentTarget) onClose()
      }}
      onKeyDown={onKeyDown}
    >
      <div className="palette-box">
        <div className="palette-head">
          <Icon name="search" />
          <input
            role="combobox"
            aria-label="Page, stream, table, stage or action"
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={found[at] === undefined ? undefined : `${id}-${at}`}
            aria-autocomplete="list"
            placeholder="Page, stream, table, stage or action"
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={({ currentTarget }) => {
              setTyped(currentTarget.value)
              setAt(0)
            }}
          />
          <span className="key" aria-hidden="true">
            Esc
          </span>
        </div>
        <ErrorNote error={error} />
        <div
          ref={list}
          className="palette-list"
          id={`${id}-list`}
          role="listbox"
          aria-label="What fits"
          tabIndex={-1}
        >
          {found.map((choice, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys.
            // biome-ignore lint/a11y/useFocusableInteractive: the field has the focus.
            <div
              key={choice.id}
              id={`${id}-${i}`}
              data-at={i}
              role="option"
              aria-selected={i === at}
              onClick={() => choose(choice)}
              onMouseMove={() => {
                if (i !== at) setAt(i)
              }}
            >
              <Icon name={choice.icon} />
              <span className="title">{choice.title}</span>
              <span className="about">{choice.about}</span>
              <span className="group">
                {choice.key === undefined
                  ? choice.group
                  : keyText(choice.key).map((key) => (
                      <span key={key} className="key">
                        {key}
                      </span>
                    ))}
              </span>
            </div>
          ))}
        </div>
        {found.length === 0 ? <p className="palette-none">Nothing has these letters.</p> : null}
        <p className="hidden-label" role="status">
          {found.length} {found.length === 1 ? 'fits' : 'fit'}
        </p>
      </div>
    </dialog>
  )
}

function choicesOf(commands: readonly Command[], names: readonly Named[]): readonly Choice[] {
  return [
    ...pages.map(
      (page): Choice => ({
        id: `page ${page.name}`,
        group: 'Page',
        title: page.title,
        about: page.about,
        icon: page.icon,
        key: `g ${page.key}`,
        run: () => go(hrefOf([page.name])),
      }),
    ),
    ...commands.map((command): Choice => ({ ...command, id: `do ${command.title}`, group: 'Action' })),
    ...names.map(({ kind, name, about }): Choice => {
      const { group, icon, page } = places[kind]
      return {
        id: `${kind} ${name}`,
        group,
        title: name,
        ...(about === undefined ? {} : { about }),
        icon,
        run: () => go(hrefOf([...page.split('/'), ...(kind === 'dataset' ? datasetParts(name) : [name])])),
      }
    }),
  ]
}

/** `database.table`: names of tables have no dots, those of databases neither. */
function datasetParts(name: string): readonly string[] {
  return name.split('.')
}

/** Best first; what stands in the title counts for more than the kind of thing. Without letters: as it is. */
function find(typed: string, all: readonly Choice[]): readonly Choice[] {
  if (typed.trim() === '') return all.slice(0, shownMax)
  const scored: { readonly choice: Choice; readonly score: number }[] = []
  for (const choice of all) {
    const title = fuzzyScore(typed, choice.title)
    const whole = fuzzyScore(typed, `${choice.title} ${choice.group} ${choice.about ?? ''}`)
    const score = title === undefined ? whole : title + 4
    if (score !== undefined && score > 0) scored.push({ choice, score })
  }
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, shownMax)
    .map(({ choice }) => choice)
}
