/**
 * A program's text with its lines. Offsets are UTF-16 units; lines and columns count from 1. Lines end at LF, CRLF or CR.
 */
export class SourceText {
  readonly fileName: string
  readonly text: string
  readonly #lineStarts: number[] = [0]

  constructor(text: string, fileName: string) {
    this.text = text
    this.fileName = fileName
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit === 10 || (unit === 13 && text.charCodeAt(i + 1) !== 10)) this.#lineStarts.push(i + 1)
    }
  }

  position(offset: number): { line: number; column: number } {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lineStarts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - this.#lineStarts[low]! + 1 }
  }

  /** The text of a line without its end. */
  line(line: number): string {
    const start = this.#lineStarts[line - 1] ?? this.text.length
    const end = this.#lineStarts[line] ?? this.text.length
    return this.text.slice(start, end).replace(/[\r\n]+$/, '')
  }
}
