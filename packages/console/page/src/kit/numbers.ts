/** Numbers as people read them. */

/** 1,234; 56.7k; 8.9M: at most four digits and no jumps of width that matter. */
export function countText(value: number): string {
  const size = Math.abs(value)
  if (size < 10 && !Number.isInteger(value)) return value.toFixed(1)
  if (size < 10_000) return Math.round(value).toLocaleString('en')
  const [divisor, unit] = size < 1e6 ? [1e3, 'k'] : size < 1e9 ? [1e6, 'M'] : [1e9, 'G']
  return `${(value / divisor).toFixed(1)}${unit}`
}

/** Of a second; a rate that is not null is never shown as 0. */
export function rateText(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.1) return '<0.1/s'
  return `${countText(perSecond)}/s`
}

/** KiB and so on: powers of 1,024. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes / 1024
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}

/** 0.4 ms, 12 ms, 3.4 s, 5 min, 2 h, 3 d. */
export function durationText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 86_400_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} d`
}
