/** A character as a regular expression that means itself. */
export function escaped(character: string): string {
  return /[\\^$.|?*+()[\]{}]/.test(character) ? `\\${character}` : character
}
