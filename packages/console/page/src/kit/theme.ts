/**
 * The theme that was chosen: `system`, `light` or `dark`. It is an attribute of the root element, which theme.js (page/public) sets before
 * the first paint; styles and charts follow the attribute. Other tabs of this browser follow at once.
 */
import { useSyncExternalStore } from 'react'
import { store, stored } from './stored.ts'

export type Theme = 'system' | 'light' | 'dark'
export const themes: readonly Theme[] = ['system', 'light', 'dark']

const name = 'theme'
const listeners = new Set<() => void>()
let theme = read()

window.addEventListener('storage', ({ key }) => {
  if (key === null || key.endsWith(`.${name}`)) show(read())
})

export function setTheme(next: Theme): void {
  store(name, next === 'system' ? undefined : next)
  show(next)
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => theme,
  )
}

function show(next: Theme): void {
  theme = next
  if (next === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = next
  for (const listener of listeners) listener()
}

function read(): Theme {
  const value = stored(name)
  return value === 'light' || value === 'dark' ? value : 'system'
}
