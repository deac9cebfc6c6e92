/**
 * Shows a running app on standard error until it has ended: a view redrawn in place on a terminal, a line every few
 * seconds elsewhere.
 */
import type { RunningApp } from '@millrace/runtime'
import { systemClock } from '@millrace/values'
import colors from 'picocolors'
import type { FunctionLines } from './function-lines.ts'
import { drainingHint, liveView, logLine, watchingHint } from './run-view.ts'
import { Screen } from './screen.ts'

const redrawMs = 250
const logLineMs = 5000

export interface DisplaySignals {
  /** Aborts when the app has ended. */
  readonly ended: AbortSignal
  /** Aborts when the user has asked it to end. */
  readonly asked: AbortSignal
}

/** Events such as alarms, in order; grows while the app runs. */
export type Notes = readonly string[]

export interface DisplayWords {
  readonly notes?: Notes
  readonly functionLines?: FunctionLines
  /** Address of the web console. */
  readonly console?: string | undefined
}

export async function display(
  app: RunningApp,
  { ended, asked }: DisplaySignals,
  { notes = [], functionLines, console }: DisplayWords = {},
): Promise<void> {
  const terminal = process.stderr
  if (!terminal.isTTY) {
    while (!ended.aborted) {
      await systemClock.sleep(logLineMs, ended)
      if (!ended.aborted) terminal.write(`${logLine(app.snapshot())}\n`)
    }
    return
  }
  const screen = new Screen(terminal)
  while (!ended.aborted) {
    // A terminal that does not say its size has 0.
    const size = { columns: terminal.columns || 80, rows: terminal.rows || 24 }
    const hint = asked.aborted ? drainingHint : watchingHint
    functionLines?.show(() => screen.clear())
    screen.draw(colored(liveView(app.snapshot(), size, { hint, notes, console })))
    await systemClock.sleep(redrawMs, ended)
  }
  screen.clear()
  functionLines?.show(() => {})
}

/** Colour only marks what a reader may look for first; picocolors leaves it out where NO_COLOR or a pipe asks for it. */
function colored(lines: readonly string[]): string[] {
  return lines.map((line, i) => {
    if (i === 0) return colors.bold(line)
    if (line.includes('NOT BALANCED')) return colors.red(line)
    if (/^(warning |draining|ALARM )/.test(line)) return colors.yellow(line)
    return line.startsWith('ctrl-C ') || line.startsWith('stage ') ? colors.dim(line) : line
  })
}
