/** A text that is none of its type. Thrown by the readers of values, which know neither table nor column; who knows them says so. */
export class ValueProblem extends Error {
  override name = 'ValueProblem'

  constructor(expected: string, bytes: Buffer, start: number, end: number) {
    const text = bytes.toString('latin1', start, Math.min(end, start + shownBytes))
    super(`${JSON.stringify(text)}${end - start > shownBytes ? '...' : ''} is ${expected}`)
  }
}

const shownBytes = 40
