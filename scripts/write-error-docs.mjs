#!/usr/bin/env node
/**
 * Writes docs/errors.md from the packages' tables of error codes: `node scripts/write-error-docs.mjs`, after a build.
 * With --check it writes nothing and fails where the page and the tables differ, in either direction, or where two
 * packages use one code.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { codePages } from '../packages/sql/dist/diagnostic/code-pages.js'

const page = fileURLToPath(new URL('../docs/errors.md', import.meta.url))

/** Where each package keeps its table, from the user's side down. */
const tables = [
  {
    package: 'millrace',
    about: 'apps, the loader and the command line',
    module: 'error-codes.js',
    name: 'millraceErrorCodes',
  },
  { package: 'console', about: 'the web console', module: 'errors.js', name: 'consoleErrorCodes' },
  {
    package: 'gateway',
    about: 'the port for Kinesis clients, its access keys, metrics and alarms',
    module: 'errors.js',
    name: 'gatewayErrorCodes',
  },
  {
    package: 'lake',
    about: 'deliveries, buckets, tables of the lake and SQL over them',
    module: 'errors.js',
    name: 'lakeErrorCodes',
  },
  { package: 'cdc', about: 'changes of databases', module: 'errors.js', name: 'cdcErrorCodes' },
  { package: 'connect', about: 'sources', module: 'errors.js', name: 'connectErrorCodes' },
  { package: 'runtime', about: 'stages', module: 'errors.js', name: 'runtimeErrorCodes' },
  { package: 'tables', about: 'keyed tables', module: 'errors.js', name: 'tableErrorCodes' },
  {
    package: 'tables',
    about: 'values and expressions of tables',
    module: 'values/request-error.js',
    name: 'tableRequestErrorCodes',
  },
  { package: 'sql', about: 'SQL programs', module: 'diagnostic/codes.js', name: 'codes' },
  { package: 'store', about: 'the data directory', module: 'errors.js', name: 'storeErrorCodes' },
  { package: 'values', about: 'types and values', module: 'value-error.js', name: 'valueErrorCodes' },
]

const sections = await Promise.all(tables.map(readTable))
refuseDoubles(sections)
const text = render(sections)
if (process.argv.includes('--check')) {
  const written = existsSync(page) ? readFileSync(page, 'utf8') : ''
  if (written !== text) {
    console.error(
      `docs/errors.md differs from the tables.\n${difference(written, text)}\nRun: node scripts/write-error-docs.mjs`,
    )
    process.exitCode = 1
  }
} else writeFileSync(page, text)
checkOrWritePages()

/** docs/errors/CODE.md for each code of SQL programs, with programs that get it. */
function checkOrWritePages() {
  const folder = fileURLToPath(new URL('../docs/errors/', import.meta.url))
  const pages = codePages()
  if (!process.argv.includes('--check')) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const [code, page] of pages) writeFileSync(`${folder}${code}.md`, page)
    return
  }
  for (const [code, page] of pages) {
    const path = `${folder}${code}.md`
    if (existsSync(path) && readFileSync(path, 'utf8') === page) continue
    console.error(`docs/errors/${code}.md differs from the code. Run: node scripts/write-error-docs.mjs`)
    process.exitCode = 1
  }
}

/** @returns {Promise<{ package: string, about: string, rows: { code: string, means: string, next: string }[] }>} */
async function readTable({ package: name, about, module, name: table }) {
  const url = new URL(`../packages/${name}/dist/${module}`, import.meta.url)
  const { [table]: codes } = await import(url.href)
  if (codes === undefined) throw new Error(`packages/${name}/dist/${module} exports no ${table}; build first`)
  const rows = Object.entries(codes).map(([key, entry]) => rowOf(key, entry))
  return { package: name, about, rows: rows.sort((a, b) => (a.code < b.code ? -1 : 1)) }
}

/** The tables say the same things in the form that suits their package: a sentence, or a record that has one. */
function rowOf(key, entry) {
  if (typeof entry === 'string') return { code: key, means: entry, next: '' }
  return {
    code: entry.code ?? key,
    means: entry.means ?? entry.meaning ?? entry.about,
    next: entry.next ?? '',
  }
}

function refuseDoubles(all) {
  const owners = new Map()
  for (const section of all) {
    for (const { code } of section.rows) {
      if (owners.has(code)) throw new Error(`${code} is used by ${owners.get(code)} and ${section.package}`)
      owners.set(code, section.package)
    }
  }
}

function render(all) {
  const parts = [
    '# Error codes',
    'Every error says what happened, where, which value, what is allowed and the next step; this page says what a code',
    'means in general. Codes keep their meaning for ever. On the command line, `--json` prints them as',
    '`{"error": {"code", "message", "place", "next", "exitCode"}}`.',
    '',
    'This page is written by `node scripts/write-error-docs.mjs` from the tables in the code.',
  ]
  parts.splice(1, 0, '')
  for (const { package: name, about, rows } of all) {
    parts.push('', `## ${name}: ${about}`, '', '| Code | Meaning |', '|---|---|')
    for (const { code, means, next } of rows) {
      parts.push(
        `| <a id="${code.toLowerCase()}"></a>${shownCode(code)} | ${cell([means, next].map(sentence).join(' '))} |`,
      )
    }
  }
  return `${parts.join('\n')}\n`
}

/** SQL codes have a page each. */
function shownCode(code) {
  return /^SQL\d{4}$/.test(code) ? `[\`${code}\`](errors/${code}.md)` : `\`${code}\``
}

function sentence(text) {
  if (text === '') return ''
  const started = text[0].toUpperCase() + text.slice(1)
  return /[.!?]$/.test(started) ? started : `${started}.`
}

function cell(text) {
  return text.trim().replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

/** Lines that only one side has. */
function difference(written, wanted) {
  const [before, after] = [written.split('\n'), wanted.split('\n')]
  const [inBefore, inAfter] = [new Set(before), new Set(after)]
  return [
    ...before.filter((line) => !inAfter.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !inBefore.has(line)).map((line) => `+ ${line}`),
  ].join('\n')
}
