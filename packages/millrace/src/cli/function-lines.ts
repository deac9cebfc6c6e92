/**
 * What Lambda functions print, on the way to whoever watches a run: each line behind its function's name. On a terminal lines
 * wait for the next drawing, above which they go; elsewhere they are written at once, but not before the greeting. START and END lines are left out, and
 * of a loop that prints without end only so much is shown; `millrace logs` has all that is kept.
 */
import type { FunctionLogLine } from '@millrace/runtime'
import colors from 'picocolors'

const waitingMax = 200

export class FunctionLines {
  readonly #to: NodeJS.WriteStream | undefined
  #waiting: string[] = []
  #leftOut = 0
  #isGreeted = false

  /** Undefined: nothing is shown. */
  constructor(to: NodeJS.WriteStream | undefined) {
    this.#to = to
  }

  take(lines: readonly FunctionLogLine[]): void {
    if (this.#to === undefined) return
    for (const line of lines) {
      if (!isShown(line)) continue
      if (this.#waiting.length < waitingMax) this.#waiting.push(functionLine(line, this.#to.isTTY))
      else this.#leftOut++
    }
    if (!this.#to.isTTY && this.#isGreeted) this.show(() => {})
  }

  /** The greeting has been shown, or there is none since the app does not start. */
  greeted(): void {
    this.#isGreeted = true
    if (this.#to?.isTTY !== true) this.show(() => {})
  }

  /** `prepare` makes room where something is drawn. */
  show(prepare: () => void): void {
    if (this.#waiting.length === 0 || this.#to === undefined) return
    prepare()
    const more =
      this.#leftOut === 0 ? [] : [`... ${this.#leftOut} more lines of functions: millrace logs FUNCTION`]
    this.#to.write(`${[...this.#waiting, ...more].join('\n')}\n`)
    this.#waiting = []
    this.#leftOut = 0
  }
}

function isShown({ text }: FunctionLogLine): boolean {
  return !/^(START|END) RequestId: /.test(text)
}

/** Lines that one call printed stay together, each behind the name, which has a colour on a terminal alone. */
export function functionLine(
  { functionName, text }: FunctionLogLine,
  isTerminal: boolean | undefined,
): string {
  const name = colors.createColors(isTerminal === true).cyan(`${functionName} |`)
  return text
    .split('\n')
    .map((line) => `${name} ${printable(line)}`)
    .join('\n')
}

/** Nothing that a function prints may move the cursor or colour what follows. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
}
