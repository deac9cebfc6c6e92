/**
 * Whether a text or bytes hold a part, in linear time. The engine's own search is fast on what people write, but takes seconds
 * for a long part that almost fits everywhere ("aaa...b...aaa" in 400 KB of "a"), and a client chooses both. So long ones go
 * to Knuth, Morris and Pratt: on a mismatch the part is moved by its longest border, and no unit of the text is read twice.
 * Cost: units of both, memory for the part's borders.
 */

/** Up to this product of lengths the engine's worst case takes less than a millisecond. */
const directWorkMax = 1_000_000
/** Parts that are so short cost little in any text that an item can hold. */
const directPartMax = 16

export function textContains(text: string, part: string): boolean {
  if (isDirect(text.length, part.length)) return text.includes(part)
  return unitsContain(unitsOf(text), unitsOf(part))
}

export function bytesContain(bytes: Buffer, part: Buffer): boolean {
  return isDirect(bytes.length, part.length) ? bytes.includes(part) : unitsContain(bytes, part)
}

function isDirect(length: number, part: number): boolean {
  return part <= directPartMax || length * part <= directWorkMax
}

type Units = Uint8Array | Uint16Array

function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length)
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i)
  return units
}

function unitsContain(text: Units, part: Units): boolean {
  if (part.length > text.length) return false
  const borders = bordersOf(part)
  let matched = 0
  for (let i = 0; i < text.length; i++) {
    while (matched > 0 && text[i] !== part[matched]) matched = borders[matched - 1]!
    if (text[i] === part[matched]) matched++
    if (matched === part.length) return true
  }
  return false
}

/** For each beginning of the part, how long the longest end of it is that is also its beginning. */
function bordersOf(part: Units): Uint32Array {
  const borders = new Uint32Array(part.length)
  for (let i = 1, length = 0; i < part.length; i++) {
    while (length > 0 && part[i] !== part[length]) length = borders[length - 1]!
    if (part[i] === part[length]) length++
    borders[i] = length
  }
  return borders
}
