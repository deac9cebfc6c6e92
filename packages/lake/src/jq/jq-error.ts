/** What a running query can end with: an error that `try` catches, a limit that nothing catches, and the way out of a label. */
import { type Json, jsonText, typeName } from './jq-value.ts'

/** `error(...)` and what operations raise; its value is what `catch` sees. */
export class JqFailure extends Error {
  readonly value: Json

  constructor(value: Json) {
    super(typeof value === 'string' ? value : jsonText(value, () => {}))
    this.value = value
  }
}

/** The query took too many steps or nests too deep; try does not catch it. */
export class JqLimit extends Error {}

/** `break`: unwinds to the label whose environment it carries. */
export class JqBreak {
  readonly label: unknown

  constructor(label: unknown) {
    this.label = label
  }
}

const shownMax = 11

/** `object ({"a":1})`: a value in a message, its JSON cut to 11 characters. */
export function shown(value: Json): string {
  const text = jsonText(value, () => {})
  return `${typeName(value)} (${text.length > shownMax + 3 ? `${text.slice(0, shownMax)}...` : text})`
}
