/**
 * Time in the page, in one place: what is shown as "now", timers, animation frames. What starts something gives back how to end it,
 * so that an effect can return it as it is.
 */

export type Cancel = () => void

/** Milliseconds since the epoch. */
export function now(): number {
  return Date.now()
}

/** Milliseconds of a clock that never goes back; only differences mean something. */
export function steadyMs(): number {
  return performance.now()
}

export function after(ms: number, f: () => void): Cancel {
  const timer = setTimeout(f, ms)
  return () => clearTimeout(timer)
}

export function every(ms: number, f: () => void): Cancel {
  const timer = setInterval(f, ms)
  return () => clearInterval(timer)
}

/** Before the next paint; never in a hidden tab. */
export function nextFrame(f: () => void): Cancel {
  const frame = requestAnimationFrame(f)
  return () => cancelAnimationFrame(frame)
}
