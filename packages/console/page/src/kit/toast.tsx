/** Short words at the foot of the page about what was just done: `useToast()('ok', 'Sent again: 3 letters.')`. */
import { useEffect, useSyncExternalStore } from 'react'
import { after } from './clock.ts'
import { Button, type Tone } from './controls.tsx'
import './overlay.css'

interface Toast {
  readonly id: number
  readonly tone: Tone
  readonly text: string
}

const shownMs = 5_000
/** What went wrong takes longer to read, and matters more. */
const badShownMs = 12_000
const toastsMax = 4

let toasts: readonly Toast[] = []
let lastId = 0
const listeners = new Set<() => void>()

function change(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

function toast(tone: Tone, text: string): void {
  lastId += 1
  change([...toasts, { id: lastId, tone, text }].slice(-toastsMax))
}

function remove(id: number): void {
  change(toasts.filter((one) => one.id !== id))
}

/** The same function always, so it may stand in the dependencies of an effect. */
export function useToast(): (tone: Tone, text: string) => void {
  return toast
}

/** Where they are shown: once, in the shell. */
export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <div className="toasts" role="log" aria-label="What was done">
      {shown.map((one) => (
        <ToastLine key={one.id} {...one} />
      ))}
    </div>
  )
}

function ToastLine({ id, tone, text }: Toast) {
  useEffect(() => after(tone === 'bad' ? badShownMs : shownMs, () => remove(id)), [id, tone])
  return (
    <div className={`toast ${tone}`}>
      <span>{text}</span>
      <Button look="plain" className="icon" aria-label="Dismiss" onClick={() => remove(id)}>
        ✕
      </Button>
    </div>
  )
}
