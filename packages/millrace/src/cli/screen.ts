/**
 * Redraws lines in place on a terminal: up to the first line of the last drawing, then each line over the old one. No
 * alternate screen, so that the last drawing stays in the scroll-back; the cursor is hidden only while it moves.
 */
export class Screen {
  readonly #terminal: NodeJS.WriteStream
  #drawn = 0

  constructor(terminal: NodeJS.WriteStream) {
    this.#terminal = terminal
  }

  draw(lines: readonly string[]): void {
    const up = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A`
    // Clearing to the end of the screen removes what a longer drawing or a wider window has left.
    const text = lines.map((line) => `${line}\u001b[K\n`).join('')
    this.#terminal.write(`\u001b[?25l${up}${text}\u001b[J\u001b[?25h`)
    this.#drawn = lines.length
  }

  /** Takes the last drawing away. */
  clear(): void {
    if (this.#drawn === 0) return
    this.#terminal.write(`\u001b[${this.#drawn}A\u001b[J`)
    this.#drawn = 0
  }
}
