/** English names of a date's parts, as java.time prints them in the locale en-US. */

export const quarterNames = ['1st quarter', '2nd quarter', '3rd quarter', '4th quarter'] as const

/** Count of letters 3, 4 and 5: short, full, narrow. */
export type TextStyle = 'short' | 'full' | 'narrow'

export function textStyle(count: number): TextStyle {
  return count === 4 ? 'full' : count === 5 ? 'narrow' : 'short'
}

/** Names of months and days are shortened to three letters, or to one. */
export function styled(name: string, style: TextStyle): string {
  return style === 'full' ? name : name.slice(0, style === 'short' ? 3 : 1)
}
