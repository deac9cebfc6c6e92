/** Figures as they are printed: median with the smallest and largest run, and at the end ours over the faster peer. */
export interface Rate {
  /** Of the server. */
  readonly name: string
  readonly label: string
  readonly rates: readonly number[]
  readonly unit: string
  readonly p50?: readonly number[]
  readonly p99?: readonly number[]
  readonly cores?: readonly number[]
}

export class Figures {
  readonly #medians = new Map<string, Map<string, number>>()

  rate({ name, label, rates, unit, p50, p99, cores }: Rate): void {
    const parts = [`${spread(rates, count)} ${unit}`]
    if (p50 !== undefined) parts.push(`p50 ${spread(p50, ms)}`)
    if (p99 !== undefined) parts.push(`p99 ${spread(p99, ms)}`)
    if (cores !== undefined) parts.push(`${middle(cores).toFixed(2)} cores`)
    console.log(`${name.padEnd(14)} ${label.padEnd(36)} ${parts.join(', ')}`)
    const medians = this.#medians.get(label) ?? new Map<string, number>()
    medians.set(name, middle(rates))
    this.#medians.set(label, medians)
  }

  compare(): void {
    for (const [label, medians] of this.#medians) {
      const ours = medians.get('millrace')
      const peer = Math.max(...[...medians].filter(([name]) => name !== 'millrace').map(([, rate]) => rate))
      if (ours !== undefined && Number.isFinite(peer))
        console.log(`${label}: ${(ours / peer).toFixed(1)} x the faster peer`)
    }
  }
}

export function spread(values: readonly number[], show: (value: number) => string): string {
  return `${show(middle(values))} [${show(Math.min(...values))}..${show(Math.max(...values))}]`
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`
}

export function count(value: number): string {
  return value < 10_000 ? `${Math.round(value)}` : `${Math.round(value / 1000)}k`
}

export function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}
