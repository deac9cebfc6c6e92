/**
 * From what sources say of themselves to metrics: their gauges at /metrics as `millrace_source_...`, and of those that follow a
 * database the figures that AWS DMS has a name for, once a second, so that alarms can watch them.
 */
import { type CdcStatus, cdcGauges, isCdcStatus } from '@millrace/cdc'
import type { SourceDoor } from '@millrace/console'
import type { Gauge, MetricRegistry } from '@millrace/gateway'
import type { RunningSource } from '@millrace/runtime'
import type { Clock } from '@millrace/values'

const everyMs = 1_000
const prefix = 'millrace_source_'

/** Until the signal aborts. */
export async function sourceMetricsInto(
  registry: Pick<MetricRegistry, 'metric' | 'gauges'>,
  door: SourceDoor,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  registry.gauges = () => (door.app?.sources() ?? []).flatMap(gaugesOf)
  const before = new Map<string, Totals>()
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal)
    for (const { name, status } of door.app?.sources() ?? []) {
      if (!isCdcStatus(status?.details)) continue
      before.set(name, observe(registry, name, status.details, before.get(name), clock.now()))
    }
  }
}

interface Totals {
  readonly at: number
  readonly changes: number
  readonly loaded: number
}

function observe(
  registry: Pick<MetricRegistry, 'metric'>,
  task: string,
  { lagMs, tables }: CdcStatus,
  before: Totals | undefined,
  at: number,
): Totals {
  const changes = tables.reduce((sum, table) => sum + table.changes, 0)
  const loaded = tables.reduce((sum, table) => sum + table.loadedRows, 0)
  if (lagMs !== undefined) registry.metric('CDCLatencySource', { task }).observe(lagMs / 1000)
  if (before !== undefined && at > before.at) {
    // Counts of a table begin anew when it is loaded again.
    const rate = (now: number, then: number) => Math.max(0, (1000 * (now - then)) / (at - before.at))
    registry.metric('CDCThroughputRowsSource', { task }).observe(rate(changes, before.changes))
    registry.metric('FullLoadThroughputRowsSource', { task }).observe(rate(loaded, before.loaded))
  }
  return { at, changes, loaded }
}

function gaugesOf({ name: source, status }: RunningSource): Gauge[] {
  return (status?.gauges ?? []).map(({ name, labels, value }) => ({
    name: `${prefix}${name}`,
    help: helpOf(name),
    labels: { source, ...labels },
    value,
  }))
}

/** A source of the app's own may have figures that nobody has described. */
function helpOf(name: string): string {
  return Object.hasOwn(cdcGauges, name) ? cdcGauges[name as keyof typeof cdcGauges] : 'a figure of a source' // just looked up
}

const begin = '<!-- figures of sources: written by npm run docs:metrics -->'
const end = '<!-- end of figures of sources -->'

/** docs/metrics.md with the table of figures as it has to be. Throws if the page has no marks for it. */
export function withSourceTable(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has to have ${begin} and ${end}`)
  const rows = Object.entries(cdcGauges).map(([name, help]) => `| \`${prefix}${name}\` | ${help} |`)
  const table = ['| At `/metrics` | What it says |', '|---|---|', ...rows].join('\n')
  return `${page.slice(0, from + begin.length)}\n\n${table}\n\n${page.slice(to)}`
}
