import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAlarmRules } from './alarms/alarm-rule.ts'
import { metricDefinitions } from './metric-catalogue.ts'
import { withMetricTable } from './metric-page.ts'
import { prometheusNames } from './prometheus-text.ts'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/metrics.md'), 'utf8')

describe('docs/metrics.md', () => {
  it('has the table that the catalogue makes (npm run docs:metrics writes it)', () => {
    expect(page).toBe(withMetricTable(page))
  })

  it('lists every metric at each of its levels, and no other', () => {
    const listed = [
      ...page.matchAll(
        /^\| `([\w.]+)` \| (stream|shard|consumer|function|table|operation|delivery|task) \|/gm,
      ),
    ].map(([, name, level]) => `${name} ${level}`)
    const known = metricDefinitions.flatMap(([name, { levels }]) => levels.map((level) => `${name} ${level}`))
    expect(listed.sort()).toEqual(known.sort())
  })

  it('names no series at /metrics that does not exist', () => {
    const known = metricDefinitions.flatMap(([name, { levels }]) =>
      levels.flatMap((level) =>
        prometheusNames(name, level).families.flatMap((family) =>
          family.type === 'summary'
            ? [`${family.name}_sum`, `${family.name}_count`, family.name]
            : [family.name],
        ),
      ),
    )
    const named = new Set(
      [...page.matchAll(/\baws_(?:kinesis|lambda|dynamodb|firehose|dms)_\w*[a-z]\b/g)].map(([name]) => name),
    )
    expect([...named].filter((name) => !known.includes(name))).toEqual([])
  })

  it('shows alarm rules that are accepted', () => {
    const files = [...page.matchAll(/^```json\n(\{\n {2}"alarms"[\s\S]*?)^```/gm)].map(([, text]) => text!)
    expect(files.length).toBeGreaterThan(0)
    for (const text of files) {
      expect(parseAlarmRules(new TextEncoder().encode(text), 'docs/metrics.md').length).toBeGreaterThan(0)
    }
  })
})
