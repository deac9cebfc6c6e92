/** A reader of tables in a process of its own: one request and one answer a line. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export class OutsideReader {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting: ((line: string | undefined) => void)[] = []
  #errors = ''

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args)
    this.#child.stderr.on('data', (chunk) => {
      this.#errors = (this.#errors + String(chunk)).slice(-4000)
    })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.(line))
    this.#child.on('close', () => {
      for (const resolve of this.#waiting.splice(0)) resolve(undefined)
    })
    // What happens when the process has ended is told by the missing answer.
    this.#child.stdin.on('error', () => {})
    this.#child.on('error', (error) => {
      this.#errors += String(error)
    })
  }

  /** Rows as texts, in their order. */
  async read(metadataPath: string, snapshot: number | null): Promise<string[]> {
    const answer = new Promise<string | undefined>((resolve) => this.#waiting.push(resolve))
    this.#child.stdin.write(`${JSON.stringify({ metadata: metadataPath, snapshot })}\n`)
    const line = await answer
    if (line === undefined) throw new Error(`the reader has ended: ${this.#errors}`)
    const value: { rows?: string[]; error?: string } = JSON.parse(line)
    if (value.rows === undefined) throw new Error(`${value.error}\n${this.#errors}`)
    return value.rows.sort()
  }

  close(): void {
    this.#child.stdin.end()
  }
}
