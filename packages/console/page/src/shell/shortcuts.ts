/**
 * Keys of the page: `useShortcut('r', 'Ask again', reload)` holds for as long as the component is there and is listed by `?`.
 * A key is a letter as it is typed (`n`, `?`), with `Mod-` before it for Ctrl, or Cmd on a Mac; `g s` is one key after the other.
 *
 * Plain keys are left to whoever types: nothing happens in a field, in an editor, or below a dialog. Keys with `Mod-` work anywhere.
 * Where two components want a key, the one that came last has it.
 */
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { steadyMs } from '../kit/clock.ts'

export interface Shortcut {
  readonly key: string
  /** What it does, for people. */
  readonly what: string
  /** Of the shell: listed apart from those of the page. */
  readonly isGlobal: boolean
}

interface Entry extends Shortcut {
  readonly run: () => void
}

/** The second of two keys has to come within this. */
const sequenceMs = 1_500

export const isMac = typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.platform)

let entries: readonly Entry[] = []
const listeners = new Set<() => void>()
let first: { readonly key: string; readonly at: number } | undefined

export function useShortcut(
  key: string,
  what: string,
  handler: () => void,
  { isGlobal = false, isOff = false }: { readonly isGlobal?: boolean; readonly isOff?: boolean } = {},
): void {
  const latest = useRef(handler)
  latest.current = handler
  useEffect(() => {
    if (isOff) return
    const entry: Entry = { key, what, isGlobal, run: () => latest.current() }
    change([...entries, entry])
    return () => change(entries.filter((one) => one !== entry))
  }, [key, what, isGlobal, isOff])
}

/** All that hold now. */
export function useShortcuts(): readonly Shortcut[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => entries,
  )
}

/** Listens for keys; the shell does it once. Gives back how to end it. */
export function listenForShortcuts(): () => void {
  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}

/** How a key is shown: `Ctrl K`, `⌘ K`, `g s`. */
export function keyText(key: string): readonly string[] {
  return key.split(' ').flatMap((part) => {
    const [, rest] = /^Mod-(.+)$/.exec(part) ?? []
    return rest === undefined ? [part] : [isMac ? '⌘' : 'Ctrl', rest.toUpperCase()]
  })
}

function change(next: readonly Entry[]): void {
  entries = next
  for (const listener of listeners) listener()
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return
  const key = keyOf(event)
  const entry = key === undefined ? undefined : entries.findLast((one) => one.key === key)
  if (entry === undefined) return
  event.preventDefault()
  entry.run()
}

/** The key or the two keys that this one makes; undefined: it is not ours, or the first of two. */
function keyOf(event: KeyboardEvent): string | undefined {
  if (isMac ? event.metaKey : event.ctrlKey) return `Mod-${event.key.toLowerCase()}`
  if (event.metaKey || event.ctrlKey || isTyping(event.target) || isBelowDialog(event.target))
    return undefined
  const both =
    first !== undefined && steadyMs() - first.at < sequenceMs ? `${first.key} ${event.key}` : undefined
  first = undefined
  if (both !== undefined && entries.some((entry) => entry.key === both)) return both
  if (entries.some((entry) => entry.key.startsWith(`${event.key} `))) {
    first = { key: event.key, at: steadyMs() }
    return undefined
  }
  return event.key
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || target.closest('input, textarea, select, [role=menu]') !== null
}

function isBelowDialog(target: EventTarget | null): boolean {
  const dialog = document.querySelector('dialog:modal')
  return dialog !== null && !(target instanceof Node && dialog.contains(target))
}
