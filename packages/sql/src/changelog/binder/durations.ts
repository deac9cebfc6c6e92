/** Durations as Flink's options and hints write them: '10 s', '1d', '200 ms', '5 minutes'; digits alone are ms. */

const unitMs: ReadonlyMap<string, number> = new Map([
  ...names('ns nano nanos nanosecond nanoseconds', 1e-6),
  ...names('us µs micro micros microsecond microseconds', 1e-3),
  ...names('ms milli millis millisecond milliseconds', 1),
  ...names('s sec secs second seconds', 1000),
  ...names('m min mins minute minutes', 60_000),
  ...names('h hour hours', 3_600_000),
  ...names('d day days', 86_400_000),
])

/** ms, rounded down to whole ones; undefined if the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*(\d+)\s*([a-zµ]*)\s*$/i.exec(text)
  if (match === null) return undefined
  const unit = match[2] === '' ? 1 : unitMs.get(match[2]!.toLowerCase())
  const ms = unit === undefined ? Number.NaN : Math.floor(Number(match[1]) * unit)
  return Number.isSafeInteger(ms) ? ms : undefined
}

function names(text: string, ms: number): [string, number][] {
  return text.split(' ').map((name) => [name, ms])
}
