/** Statistic sets, as CloudWatch has them: what is kept of the observations of one minute. */
export const minuteMs = 60_000

export interface StatisticSet {
  readonly sum: number
  /** How many observations; a set of none is not kept. */
  readonly count: number
  readonly min: number
  readonly max: number
}

export interface MinuteStatistics extends StatisticSet {
  /** Minutes since the epoch: the set is of the observations from `minute * 60000` ms on, for 60 s. */
  readonly minute: number
}

export const statisticNames = ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'] as const
export type StatisticName = (typeof statisticNames)[number]

export function minuteOf(ms: number): number {
  return Math.floor(ms / minuteMs)
}

export function statisticOf(set: StatisticSet, name: StatisticName): number {
  switch (name) {
    case 'Sum':
      return set.sum
    case 'Average':
      return set.sum / set.count
    case 'Minimum':
      return set.min
    case 'Maximum':
      return set.max
    case 'SampleCount':
      return set.count
  }
}

/** The set of the observations of both. */
export function mergeSets(a: StatisticSet | undefined, b: StatisticSet): StatisticSet {
  if (a === undefined) return b
  return {
    sum: a.sum + b.sum,
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  }
}
