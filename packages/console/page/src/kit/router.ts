/** The address of the page is its state: which page, which thing of it, and what is chosen there. */
import { type AnchorHTMLAttributes, createElement, type MouseEvent, useSyncExternalStore } from 'react'

const base = '/console/'

export interface Place {
  /** `streams`, `streams/orders`: decoded parts of the path behind /console/. */
  readonly parts: readonly string[]
  readonly query: URLSearchParams
}

let place = read()
const listeners = new Set<() => void>()

window.addEventListener('popstate', changed)

function read(): Place {
  const path = window.location.pathname.slice(base.length)
  return {
    parts: path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent),
    query: new URLSearchParams(window.location.search),
  }
}

function changed(): void {
  place = read()
  for (const listener of listeners) listener()
}

export function usePlace(): Place {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => place,
  )
}

/** The address of a page: `hrefOf(['streams', name], { tab: 'tail' })`. */
export function hrefOf(
  parts: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value)
  const tail = search.toString()
  return `${base}${parts.map(encodeURIComponent).join('/')}${tail === '' ? '' : `?${tail}`}`
}

/** Goes there. `replace`: without an entry in the history, for what changes while somebody types. */
export function go(href: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (replace) window.history.replaceState(null, '', href)
  else window.history.pushState(null, '', href)
  changed()
}

/** A link inside of the console; a middle click and the like stay the browser's. */
export function Link({
  href,
  onClick,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(href)
  }
  return createElement('a', { ...rest, href, onClick: follow })
}
