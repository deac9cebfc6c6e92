/**
 * A sum of a minute that still runs looks like a fall, and alarms are decided over minutes that are over: charts of these end with the
 * last whole minute, unless there is nothing else yet.
 */
export interface ChartColumns {
  readonly times: readonly number[]
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
}

/** The last column is of the running minute. */
export function wholeMinutes({ times, series }: ChartColumns): ChartColumns {
  const whole = series.map(({ name, values }) => ({ name, values: values.slice(0, -1) }))
  const hasSome = whole.some(({ values }) => values.some((value) => value !== null))
  return hasSome ? { times: times.slice(0, -1), series: whole } : { times, series }
}
