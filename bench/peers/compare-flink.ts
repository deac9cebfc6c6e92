/**
 * Nexmark against Flink: the same events through both, the accumulated results compared row by row.
 *
 *   npx jiti bench/peers/compare-flink.ts [--events 100000] [--queries q0,q1]
 *
 * Needs Java 17 and Maven; Flink comes from its public packages. Query 12 depends on the clock, so its windows are not
 * compared, only how many bids they count.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { nexmarkEvent, nexmarkJson } from '@millrace/connect'
import { plainValue, type Row } from '@millrace/sql'
import { declarations, eventConfig, queryNames, queryText, sideRows } from '../nexmark/programs.ts'
import { bindQuery, eventRows, runEvents, startQuery } from '../nexmark/run-query.ts'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    queries: { type: 'string', default: queryNames.filter((name) => name !== 'q12').join(',') },
  },
})
const peer = join(import.meta.dirname, 'flink')
const work = join(tmpdir(), 'millrace-flink')
mkdirSync(work, { recursive: true })
const count = Number(options.events)
const events = join(work, `events-${count}.json`)
const side = join(work, 'side.csv')

export const java = [
  '--add-opens=java.base/java.util=ALL-UNNAMED',
  '--add-opens=java.base/java.lang=ALL-UNNAMED',
  '-Xmx4g',
]

buildPeer()
writeFileSync(
  events,
  Array.from({ length: count }, (_, i) => nexmarkJson(nexmarkEvent(eventConfig, i))).join('\n'),
)
writeFileSync(
  side,
  sideRows()
    .map((row) => row.join(','))
    .join('\n'),
)
let failed = 0
for (const name of options.queries.split(',')) {
  const ours = runHere(name)
  const theirs = runFlink(name)
  const problem = difference(ours, theirs)
  if (problem !== undefined) failed++
  console.log(`${name}: ${problem ?? `equal, ${[...ours.values()].reduce((sum, n) => sum + n, 0)} rows`}`)
}
process.exitCode = failed === 0 ? 0 : 1

function buildPeer(): void {
  if (existsSync(join(peer, 'target/classpath'))) return
  const done = spawnSync(
    'mvn',
    ['-q', '-B', 'package', 'dependency:build-classpath', '-Dmdep.outputFile=target/classpath'],
    { cwd: peer, stdio: 'inherit' },
  )
  if (done.status !== 0)
    throw new Error('Maven could not build the peer; it needs Java 17 and its public repository')
}

/** Rows with their counts. */
type Multiset = Map<string, number>

function runHere(name: string): Multiset {
  const program = bindQuery(name)
  const fields = program.sinks[0]!.plan.schema.fields
  const found: Multiset = new Map()
  runEvents(startQuery(program), eventRows(count), (row: Row, kind) => {
    const text = fields.map(({ type }, i) => shown(row[i] ?? null, type)).join('\t')
    add(found, text, kind === 1 || kind === 3 ? -1 : 1)
  })
  return found
}

/** As Java writes the value. */
function shown(value: Row[number], type: Parameters<typeof plainValue>[1]): string {
  if (value === null) return 'null'
  if (type.kind !== 'TIMESTAMP') return String(plainValue(value, type))
  const iso = new Date(Number(value)).toISOString().slice(0, -1)
  return iso.replace(/(:00)?\.000$/, '')
}

function runFlink(name: string): Multiset {
  const program = join(work, `${name}.sql`)
  const out = join(work, `${name}.out`)
  const around = {
    events: `'connector' = 'filesystem', 'path' = '${events}', 'format' = 'json'`,
    sideInput: `'connector' = 'filesystem', 'path' = '${side}', 'format' = 'csv'`,
    countChar: 'millrace.CountChar',
  }
  // Flink's file connector answers no lookups; a join with a table that lies still gives the same rows.
  const query = queryText(name).replace(' FOR SYSTEM_TIME AS OF b.ptime', '')
  writeFileSync(program, `${declarations(around)}\n${query}`)
  const classpath = `target/classes:${readFileSync(join(peer, 'target/classpath'), 'utf8').trim()}`
  const done = spawnSync('java', [...java, '-cp', classpath, 'millrace.FlinkRun', 'collect', program, out], {
    cwd: peer,
    encoding: 'utf8',
  })
  if (done.status !== 0) throw new Error(`Flink: ${done.stderr.slice(0, 2000)}`)
  const found: Multiset = new Map()
  for (const line of readFileSync(out, 'utf8').split('\n')) {
    if (line === '') continue
    const [kind, ...cells] = line.split('\t')
    add(found, cells.join('\t'), kind === '-U' || kind === '-D' ? -1 : 1)
  }
  return found
}

function add(set: Multiset, row: string, by: number): void {
  const count = (set.get(row) ?? 0) + by
  if (count === 0) set.delete(row)
  else set.set(row, count)
}

function difference(ours: Multiset, theirs: Multiset): string | undefined {
  const lines: string[] = []
  for (const row of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b] = [ours.get(row) ?? 0, theirs.get(row) ?? 0]
    if (a !== b) lines.push(`  here ${a}, Flink ${b}: ${row}`)
  }
  if (lines.length === 0) return undefined
  return `DIFFERENT in ${lines.length} rows\n${lines.slice(0, 6).join('\n')}`
}
