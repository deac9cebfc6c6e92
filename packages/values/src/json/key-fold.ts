/**
 * Folding of member names, for readers to whom some names are the same: without letter case, with underscores for dots. Two names are
 * one if their folded forms are equal. ASCII names, as most are, can be folded byte by byte.
 */
export interface KeyFold {
  readonly ignoreCase: boolean
  readonly dotsToUnderscores: boolean
}

export function foldKey(name: string, fold: KeyFold | undefined): string {
  if (fold === undefined) return name
  const cased = fold.ignoreCase ? name.toLowerCase() : name
  return fold.dotsToUnderscores ? cased.replaceAll('.', '_') : cased
}

/** Of an ASCII name. */
export function foldedByte(c: number, fold: KeyFold): number {
  if (c >= 65 && c <= 90 && fold.ignoreCase) return c | 32
  return c === 46 && fold.dotsToUnderscores ? 95 : c
}
