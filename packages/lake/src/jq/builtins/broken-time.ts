/** [year, month from 0, day, hour, minute, second, weekday from Sunday, day of the year from 0], in UTC. */
export type BrokenTime = readonly number[]

/** Sunday is 0; 1970-01-01 was a Thursday. */
export function weekday(days: number): number {
  return (((days + 4) % 7) + 7) % 7
}
