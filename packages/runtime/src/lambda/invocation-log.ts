/**
 * The lines of one invocation, framed as CloudWatch shows them: START, what the function printed, END, REPORT. What the process
 * does not bound (lines past the console) is bounded here: beyond it lines are counted and left out.
 */

import { functionVersion } from './lambda-environment.ts'
import type { LambdaCode } from './lambda-port.ts'

const linesMax = 12_000
const charactersMax = 2 * 1024 * 1024

/** A line of a function as whoever follows it sees it. */
export interface FunctionLogLine {
  readonly functionName: string
  readonly timeMs: number
  /** Undefined for what is printed while the code is loaded. */
  readonly requestId: string | undefined
  /** May hold line ends, where one call printed several lines. */
  readonly text: string
}

export interface RunFigures {
  readonly durationMs: number
  readonly initMs: number | undefined
  readonly memoryUsedMb: number
}

export class InvocationLog {
  readonly lines: string[] = []
  readonly #requestId: string
  readonly #say: (text: string) => void
  #characters = 0
  #leftOut = 0

  constructor(requestId: string, say: (text: string) => void) {
    this.#requestId = requestId
    this.#say = say
    this.#add(`START RequestId: ${requestId} Version: ${functionVersion}`)
  }

  print(text: string): void {
    if (this.lines.length >= linesMax || this.#characters + text.length > charactersMax) this.#leftOut++
    else this.#add(text)
  }

  end(code: LambdaCode, { durationMs, initMs, memoryUsedMb }: RunFigures): void {
    if (this.#leftOut > 0) this.#add(`${this.#leftOut} more lines of this invocation are left out`)
    this.#add(`END RequestId: ${this.#requestId}`)
    const parts = [
      `REPORT RequestId: ${this.#requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs + (initMs ?? 0))} ms`,
      `Memory Size: ${code.memoryMb} MB`,
      `Max Memory Used: ${memoryUsedMb} MB`,
      ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
    ]
    this.#add(parts.join('\t'))
  }

  #add(text: string): void {
    this.lines.push(text)
    this.#characters += text.length
    this.#say(text)
  }
}
