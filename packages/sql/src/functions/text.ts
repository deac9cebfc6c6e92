/** Text by code points: lengths, slices and order. Order by code point equals the byte order of UTF-8, which the engine uses. */

export function codePointLength(text: string): number {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    if (isLead(text, i)) i++
    length++
  }
  return length
}

/** Code points [from, to) of the text; the bounds may lie outside it. */
export function codePointSlice(text: string, from: number, to: number): string {
  if (codePointLength(text) === text.length) return text.slice(Math.max(0, from), Math.max(0, to))
  return [...text].slice(Math.max(0, from), Math.max(0, to)).join('')
}

export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) {
      // A surrogate stands for a code point above every other unit, so it sorts last although E000..FFFF are greater units.
      const xHigh = x >= 0xd800 && x < 0xe000
      const yHigh = y >= 0xd800 && y < 0xe000
      return xHigh === yHigh ? x - y : xHigh ? 1 : -1
    }
  }
  return a.length - b.length
}

export function trimTrailingBlanks(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 0x20) end--
  return text.slice(0, end)
}

/** Whether a surrogate pair, one code point in two units, starts at `at`. */
export function isLead(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  if (!(unit >= 0xd800 && unit < 0xdc00)) return false
  const next = text.charCodeAt(at + 1)
  return next >= 0xdc00 && next < 0xe000
}
