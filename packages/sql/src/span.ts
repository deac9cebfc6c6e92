/** A stretch of program text, as offsets in UTF-16 units: [start, end). */
export interface Span {
  readonly start: number
  readonly end: number
}
