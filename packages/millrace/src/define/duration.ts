/** Lengths of time as people write them in an app: `90 s`, `15 minutes`, `1 hour`. */
import { invalidValue } from './names.ts'

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  second: 1_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
}

/** In ms. Error: APP_VALUE_INVALID. */
export function checkDuration(
  what: string,
  value: unknown,
  { minMs, maxMs }: { minMs: number; maxMs: number },
): number {
  const [, count, unit] = (typeof value === 'string' && /^(\d{1,9}(?:\.\d+)?) *([a-z]+)$/.exec(value)) || []
  const one = unit === undefined ? undefined : (unitMs[unit] ?? unitMs[unit.replace(/s$/, '')])
  const ms = one === undefined ? Number.NaN : Math.round(Number(count) * one)
  if (ms >= minMs && ms <= maxMs) return ms
  throw invalidValue(
    what,
    value,
    `a text like '90 seconds', '15 minutes', '1 hour' or '7 days', from ${minMs / 1_000} seconds to ${Math.floor(maxMs / 86_400_000)} days`,
  )
}
