/** The table of names in docs/metrics.md, from the catalogue. `npm run docs:metrics` writes it between its marks. */
import { metricDefinitions } from './metric-catalogue.ts'
import type { MetricDefinition } from './metric-definition.ts'
import { prometheusNames } from './prometheus-text.ts'

const begin = '<!-- metrics: written by npm run docs:metrics -->'
const end = '<!-- end of metrics -->'

/** The page with the table as it has to be. Throws if the page has no marks for it. */
export function withMetricTable(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has to have ${begin} and ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${metricTable().join('\n')}\n\n${page.slice(to)}`
}

const watched: Readonly<Record<MetricDefinition['kind'], string>> = {
  sum: 'Sum',
  success: 'Average (share of good calls)',
  duration: 'Average, Maximum',
  level: 'Maximum',
}

function metricTable(): string[] {
  const rows = metricDefinitions.flatMap(([name, { unit, kind, levels, definition }]) =>
    levels.map((level) => {
      const names = prometheusNames(name, level).families.map((family) => `\`${family.name}\``)
      return `| \`${name}\` | ${level} | ${unit} | ${watched[kind]} | ${definition} | ${names.join(', ')} |`
    }),
  )
  return [
    '| Metric | For each | Unit | Watch | Counts | At `/metrics` |',
    '|---|---|---|---|---|---|',
    ...rows,
  ]
}
