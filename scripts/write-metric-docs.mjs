#!/usr/bin/env node
/** Writes the tables of names in docs/metrics.md from the catalogue of metrics and the figures of sources, after a build. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withMetricTable } from '../packages/gateway/dist/metrics/metric-page.js'
import { withSourceTable } from '../packages/millrace/dist/cli/source/source-metrics.js'

const page = new URL('../docs/metrics.md', import.meta.url)
writeFileSync(page, withSourceTable(withMetricTable(readFileSync(page, 'utf8'))))
