/** Shows how far a command is, on standard error: redrawn in place on a terminal, a line every few seconds elsewhere. */
import { systemClock } from '@millrace/values'
import { Screen } from './screen.ts'

const redrawMs = 250
const logLineMs = 5000

/** Runs beside the work, until it has ended. */
export async function withProgress<T>(line: () => string, work: Promise<T>): Promise<T> {
  const ended = new AbortController()
  const shown = show(line, ended.signal)
  try {
    return await work
  } finally {
    ended.abort()
    await shown
  }
}

async function show(line: () => string, ended: AbortSignal): Promise<void> {
  const terminal = process.stderr
  if (!terminal.isTTY) {
    for (;;) {
      await systemClock.sleep(logLineMs, ended)
      if (ended.aborted) return
      terminal.write(`${line()}\n`)
    }
  }
  const screen = new Screen(terminal)
  while (!ended.aborted) {
    screen.draw([line().slice(0, (terminal.columns || 80) - 1)])
    await systemClock.sleep(redrawMs, ended)
  }
  screen.clear()
}

/** A bar of so many characters, for a share of 0 to 1. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * width)
  return `[${'='.repeat(full)}${' '.repeat(width - full)}]`
}
