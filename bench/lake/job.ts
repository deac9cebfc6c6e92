/** What a measuring process is told, and what it says. */
export interface Job {
  readonly kind:
    | 'fill'
    | 'parquet'
    | 'copy'
    | 'convert'
    | 'raw'
    | 'partitions'
    | 'upserts'
    | 'lake'
    | 'queries'
  /** Its own: data directory, files. */
  readonly dir: string
  readonly records: number
  readonly partitions?: number
  /** Records come twice as versions of keys: all of them, then newer ones of half. */
  readonly isKeyed?: boolean
  readonly files?: number
}

export interface Measured {
  /** Of JSON. */
  readonly bytes: number
  readonly ms: number
  /** User and system, all threads. */
  readonly cpuMs: number
  /** Resident memory of the process at its highest. */
  readonly peakMb: number
  readonly files?: number
  readonly rowsPerSecond?: number
  readonly queries?: Readonly<Record<string, { readonly lakeMs: number; readonly duckMs: number }>>
  /** Of the catalog alone. */
  readonly lookupMs?: number
}

/** Measures time and CPU of some work of this process. */
export async function timed(bytes: number, work: () => Promise<void>): Promise<Measured> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const ms = performance.now() - start
  const used = process.cpuUsage(cpu)
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1024)
  return { bytes, ms, cpuMs: (used.user + used.system) / 1000, peakMb }
}
