/**
 * Nexmark, measured: `npm run bench:nexmark -- [--events 1000000] [--queries q0,q1] [--no-flink]`.
 *
 * For each query: rows per second from events in memory on one thread (no JSON), and end to end from the log (JSON records,
 * every commit durable) as `millrace run` does it; beside it Flink in the same run on the same machine, at parallelism 1 with
 * exactly-once checkpoints each second, reading the same events as JSON from a file. Flink's second run counts, its first
 * one warms up. A ratio above 1 means faster than Flink.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { nexmarkEvent, nexmarkJson } from '@millrace/connect'
import { declarations, eventConfig, queryNames, queryText, sideRows } from './nexmark/programs.ts'
import { bindQuery, programText } from './nexmark/run-query.ts'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    queries: { type: 'string', default: queryNames.join(',') },
    'no-flink': { type: 'boolean', default: false },
    'no-log': { type: 'boolean', default: false },
  },
})
const root = join(import.meta.dirname, '..')
const bin = join(root, 'packages/millrace/bin/millrace.js')
const peer = join(root, 'bench/peers/flink')
const count = Number(options.events)
const work = join(tmpdir(), 'millrace-bench-nexmark')
mkdirSync(work, { recursive: true })

console.log(
  `machine: ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${count} events`,
)
const log = join(work, `log-${count}`)
if (!options['no-log'] && !existsSync(log)) fillLog()
if (!options['no-flink']) writeEvents()
console.log(
  'query  memory rows/s  log rows/s  Flink rows/s  log:Flink  state rows  state MiB  heap MiB  compile ms',
)
for (const name of options.queries.split(',')) {
  const memory = measureMemory(name)
  const fromLog = options['no-log'] ? undefined : measureLog(name)
  const flink = options['no-flink'] ? undefined : measureFlink(name)
  const ratio = fromLog === undefined || flink === undefined ? '-' : (fromLog / flink).toFixed(2)
  const cells: [string, number][] = [
    [name, -5],
    [String(memory.rowsPerSecond), 15],
    [fromLog === undefined ? '-' : String(Math.round(fromLog)), 12],
    [flink === undefined ? '-' : String(Math.round(flink)), 14],
    [ratio, 11],
    [String(memory.stateRows), 12],
    [(memory.stateBytes / 2 ** 20).toFixed(1), 11],
    [String(memory.heapMiB), 10],
    [String(memory.compileMs), 12],
  ]
  console.log(cells.map(([text, width]) => (width < 0 ? text.padEnd(-width) : text.padStart(width))).join(''))
}

interface Memory {
  rowsPerSecond: number
  stateRows: number
  stateBytes: number
  heapMiB: number
  compileMs: number
}

function measureMemory(name: string): Memory {
  const script = join(root, 'bench/nexmark/measure.ts')
  const flags = ['--expose-gc', '--max-old-space-size=8192']
  const text = run(process.execPath, [
    ...flags,
    join(root, 'node_modules/jiti/lib/jiti-cli.mjs'),
    script,
    name,
    String(count),
  ])
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Memory // One line of JSON is what measure.ts prints.
}

function fillLog(): void {
  const app = join(root, 'bench/nexmark/nexmark.app.ts')
  const dir = `${log}.new`
  rmSync(dir, { recursive: true, force: true })
  run(process.execPath, [
    bin,
    'run',
    app,
    '--data-dir',
    dir,
    '--until-idle',
    '--json',
    '--',
    '--events',
    String(count),
  ])
  run('mv', [dir, log])
}

/** Events per second of the query stage; its own positions are in a copy of the log's directory. */
function measureLog(name: string): number {
  const dir = mkdtempSync(join(work, 'run-'))
  try {
    run('cp', ['-r', `${log}/.`, dir])
    const program = join(dir, 'program.sql')
    writeFileSync(program, logProgram(name))
    const app = join(root, 'bench/nexmark/nexmark.app.ts')
    const flags = ['--data-dir', dir, '--until-idle', '--json']
    const text = run(process.execPath, [
      bin,
      'run',
      app,
      ...flags,
      '--',
      '--phase',
      'query',
      '--program',
      program,
    ])
    const report = JSON.parse(text) as { elapsedMs: number; stages: { name: string; in: number }[] }
    const read = report.stages.find((stage) => stage.name === 'query')?.in
    if (read !== count) throw new Error(`${name} read ${read} of ${count} events`)
    return (count / report.elapsedMs) * 1000
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function logProgram(name: string): string {
  const program = programText(name).replace("'connector' = 'memory')", "'connector' = 'stream')")
  const at = program.lastIndexOf(queryText(name).trim().slice(0, 40))
  return `${program.slice(0, at)}\n${blackhole(name)}\nINSERT INTO nowhere\n${program.slice(at)}`
}

function measureFlink(name: string): number {
  const file = join(work, `${name}.sql`)
  const around = {
    events: `'connector' = 'filesystem', 'path' = '${join(work, `events-${count}.json`)}', 'format' = 'json'`,
    sideInput: `'connector' = 'filesystem', 'path' = '${join(work, 'side.csv')}', 'format' = 'csv'`,
    countChar: 'millrace.CountChar',
  }
  const query = queryText(name).replace(' FOR SYSTEM_TIME AS OF b.ptime', '')
  writeFileSync(file, `${declarations(around)}\n${blackhole(name)}\nINSERT INTO nowhere\n${query}`)
  const classpath = `target/classes:${readFileSync(join(peer, 'target/classpath'), 'utf8').trim()}`
  const opens = ['java.util', 'java.lang'].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`)
  const text = run('java', [...opens, '-Xmx6g', '-cp', classpath, 'millrace.FlinkRun', 'time', file], peer)
  const { ms } = JSON.parse(text.trim().split('\n').at(-1) ?? '') as { ms: number }
  return (count / ms) * 1000
}

/** A sink with the columns of the query. */
function blackhole(name: string): string {
  const fields = bindQuery(name).sinks[0]!.plan.schema.fields
  const columns = fields.map((field, i) => `c${i} ${typeText(field.type)}`).join(', ')
  return `CREATE TABLE nowhere (${columns}) WITH ('connector' = 'blackhole');`
}

function typeText(type: {
  readonly kind: string
  readonly precision?: number
  readonly scale?: number
}): string {
  if (type.kind === 'VARCHAR' || type.kind === 'CHAR') return 'STRING'
  if (type.kind === 'DECIMAL') return `DECIMAL(${type.precision}, ${type.scale})`
  return type.kind === 'TIMESTAMP' ? 'TIMESTAMP(3)' : type.kind
}

function writeEvents(): void {
  const file = join(work, `events-${count}.json`)
  if (!existsSync(file)) {
    const lines: string[] = []
    for (let i = 0; i < count; i++) lines.push(nexmarkJson(nexmarkEvent(eventConfig, i)))
    writeFileSync(file, lines.join('\n'))
  }
  writeFileSync(
    join(work, 'side.csv'),
    sideRows()
      .map((row) => row.join(','))
      .join('\n'),
  )
  if (!existsSync(join(peer, 'target/classpath')))
    run(
      'mvn',
      ['-q', '-B', 'package', 'dependency:build-classpath', '-Dmdep.outputFile=target/classpath'],
      peer,
    )
}

function run(command: string, args: readonly string[], cwd = root): string {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28, timeout: 600_000 })
  if (done.status === 0) return done.stdout
  throw new Error(`${command} ${args.slice(0, 6).join(' ')}: ${done.stderr.slice(0, 3000)}`)
}
