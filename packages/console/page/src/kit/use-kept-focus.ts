/** Focus for as long as something lies over the page: taken to it, kept inside by Tab, and given back to where it was. */
import { type RefObject, useEffect } from 'react'

const stops =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]:not([tabindex="-1"])'

export function useKeptFocus(box: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const before = document.activeElement
    const { current } = box
    if (current === null) return
    if (!current.contains(document.activeElement)) {
      const first = current.querySelector<HTMLElement>('[data-first]') ?? current
      first.focus({ preventScroll: true })
    }
    const keep = (event: KeyboardEvent) => {
      if (event.key !== 'Tab') return
      const inside = [...current.querySelectorAll<HTMLElement>(stops)].filter(
        (node) => node.checkVisibility() && node.tabIndex >= 0,
      )
      const [first, last] = [inside[0], inside.at(-1)]
      if (first === undefined || last === undefined) return event.preventDefault()
      const at = document.activeElement
      const isOut = at === null || !current.contains(at) || at === current
      if (event.shiftKey && (isOut || at === first)) {
        event.preventDefault()
        last.focus()
      } else if (!event.shiftKey && (isOut || at === last)) {
        event.preventDefault()
        first.focus()
      }
    }
    current.addEventListener('keydown', keep)
    return () => {
      current.removeEventListener('keydown', keep)
      const at = document.activeElement
      // Whoever has clicked elsewhere in between keeps what was clicked.
      const isOurs = at === null || at === document.body || current.contains(at)
      if (isOurs && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [box])
}
