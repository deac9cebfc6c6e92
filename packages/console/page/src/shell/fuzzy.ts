/**
 * How well a text fits what somebody types: all letters in their order, better at the beginning, at beginnings of words, and in a row.
 * Case does not matter; blanks part words, each of which has to fit somewhere.
 */

/** Higher is better; undefined: it does not fit. */
export function fuzzyScore(typed: string, text: string): number | undefined {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  let total = 0
  for (const word of words) {
    const score = wordScore(word, text.toLowerCase())
    if (score === undefined) return undefined
    total += score
  }
  // Of two that fit alike, the shorter one is meant.
  return total - text.length / 100
}

function wordScore(word: string, text: string): number | undefined {
  const whole = text.indexOf(word)
  if (whole >= 0) return word.length * 4 + (startsWord(text, whole) ? 6 : 0) + (whole === 0 ? 4 : 0)
  let score = 0
  let from = 0
  let last = -2
  for (const letter of word) {
    const at = text.indexOf(letter, from)
    if (at < 0) return undefined
    score += at === last + 1 ? 2 : startsWord(text, at) ? 2 : 0
    // A gap costs, or any long text would fit.
    score -= Math.min(3, at - from) * 0.5
    last = at
    from = at + 1
  }
  return score
}

function startsWord(text: string, at: number): boolean {
  return at === 0 || /[\s\-_./]/.test(text[at - 1] ?? '')
}
