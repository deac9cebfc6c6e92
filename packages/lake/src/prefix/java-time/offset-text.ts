/** Offsets from UTC as java.time prints them: the letters X, x, Z and O. */

export interface OffsetForm {
  readonly colon: boolean
  /** Which parts stand beside the hours: where they are not zero, or always. Seconds never stand always. */
  readonly minutes: 'if-any' | 'always'
  readonly seconds: 'never' | 'if-any'
  /** In place of an offset of zero. */
  readonly zero: string
}

/** `offset` in ms. An hour stands with two digits; parts that a form leaves out are cut off, not rounded. */
export function offsetText(offset: number, form: OffsetForm): string {
  const { hours, minutes, seconds } = parts(offset)
  const withMinutes = form.minutes === 'always' || minutes > 0
  const withSeconds = form.seconds === 'if-any' && seconds > 0
  if (hours === 0 && (!withMinutes || minutes === 0) && !withSeconds) return form.zero
  const colon = form.colon ? ':' : ''
  let text = `${offset < 0 ? '-' : '+'}${two(hours)}`
  if (withMinutes) text += colon + two(minutes)
  if (withSeconds) text += colon + two(seconds)
  return text
}

/** `GMT+2`, or `GMT+02:00` in full. */
export function localizedOffset(offset: number, isFull: boolean): string {
  const { hours, minutes, seconds } = parts(offset)
  if (hours === 0 && minutes === 0 && seconds === 0) return 'GMT'
  const tail = seconds > 0 ? `:${two(seconds)}` : ''
  const sign = offset < 0 ? '-' : '+'
  if (isFull) return `GMT${sign}${two(hours)}:${two(minutes)}${tail}`
  return `GMT${sign}${hours}${minutes > 0 || seconds > 0 ? `:${two(minutes)}` : ''}${tail}`
}

function parts(offset: number): { hours: number; minutes: number; seconds: number } {
  const total = Math.floor(Math.abs(offset) / 1000)
  return {
    hours: Math.floor(total / 3600),
    minutes: Math.floor(total / 60) % 60,
    seconds: total % 60,
  }
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
