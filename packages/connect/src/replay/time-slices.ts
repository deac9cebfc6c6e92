/** Divides a range of time into slices that meet: whole ms, as even as they can be, none empty. */

export interface TimeSlice {
  /** Inclusive. */
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
}

/** At most `count` slices, fewer where they would be shorter than `msMin`; at least one, unless the range is empty. */
export function timeSlices(
  fromMs: number,
  toMs: number,
  { count, msMin }: { readonly count: number; readonly msMin: number },
): TimeSlice[] {
  const total = toMs - fromMs
  if (total <= 0) return []
  const slices = Math.max(1, Math.min(count, Math.floor(total / msMin)))
  const at = (i: number) => fromMs + Math.floor((total * i) / slices)
  return Array.from({ length: slices }, (_, i) => ({ fromMs: at(i), toMs: at(i + 1) }))
}
