#!/usr/bin/env node
/** Writes docs/sql-constructs.md from the case files: `npm run docs:constructs`, after a build. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { constructPage, constructRows, parseCase } from '@millrace/sql'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'cases')
const cases = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json') && name !== 'constructs.json')
  .map((name) => name.slice(0, -'.json'.length))
  .sort()
  .map((path) => {
    const [sql, json] = ['sql', 'json'].map((ending) =>
      readFileSync(join(folder, `${path}.${ending}`), 'utf8'),
    )
    return { path, file: parseCase(path, sql, json) }
  })
const constructs = JSON.parse(readFileSync(join(folder, 'constructs.json'), 'utf8'))
writeFileSync(join(root, 'docs/sql-constructs.md'), constructPage(constructRows(constructs, cases)))
