#!/usr/bin/env node
/** Writes the table of names in docs/metrics.md from the catalogue of metrics, after a build. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withMetricTable } from '../packages/gateway/dist/metrics/metric-page.js'

const page = new URL('../docs/metrics.md', import.meta.url)
writeFileSync(page, withMetricTable(readFileSync(page, 'utf8')))
