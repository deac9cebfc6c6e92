/** How often a chart may be asked again: seconds as text, with what people read. */
export const refreshOptions: readonly (readonly [seconds: string, text: string])[] = [
  ['', 'only by hand'],
  ['5', 'every 5 s'],
  ['10', 'every 10 s'],
  ['30', 'every 30 s'],
  ['60', 'every minute'],
  ['300', 'every 5 minutes'],
  ['900', 'every 15 minutes'],
  ['3600', 'every hour'],
  ['86400', 'every day'],
]

/** With one that somebody has set by another way. */
export function refreshOptionsWith(seconds: number | null): typeof refreshOptions {
  if (seconds === null || refreshOptions.some(([each]) => each === String(seconds))) return refreshOptions
  return [...refreshOptions, [String(seconds), `every ${seconds} s`]]
}
