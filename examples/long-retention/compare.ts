/** The same backfill twice, with one reader and with twenty: how long each takes, and whether they give the same. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { readings } from './history.ts'

export interface CompareOptions {
  readonly url: string
  readonly print: (line: string) => void
  readonly stream: string
  /** Of the readings in the stream. */
  readonly mib: number
  /** Gets the results. */
  readonly outDir: string
  /** End of the history, ms since the epoch. */
  readonly toMs: number
}

export interface Backfill {
  readonly readers: number
  /** As the command measures it: with the registration of its consumers, without the start of its process. */
  readonly elapsedMs: number
  readonly records: number
  readonly sha256: string
}

export interface Comparison {
  readonly backfills: readonly Backfill[]
  /** Of the readings themselves. */
  readonly sha256: string
}

const millrace = join(dirname(createRequire(import.meta.url).resolve('millrace')), '../bin/millrace.js')
const barWidth = 40

export async function compare({
  url,
  print,
  stream,
  mib,
  outDir,
  toMs,
}: CompareOptions): Promise<Comparison> {
  const backfills: Backfill[] = []
  for (const readers of [1, 20]) {
    const out = join(outDir, `${readers}-reader${readers === 1 ? '' : 's'}.ndjson`)
    const words = ['--stream', stream, '--to', new Date(toMs).toISOString()]
    words.push('--fan-out', '--slices', `${readers}`, '--out', out)
    print(`$ millrace replay ${words.join(' ')}`)
    const { elapsedMs, records } = await replay([...words, '--endpoint', url])
    backfills.push({ readers, elapsedMs, records, sha256: await sha256Of(out) })
  }
  const slowest = Math.max(...backfills.map(({ elapsedMs }) => elapsedMs))
  print('')
  for (const { readers, elapsedMs, records } of backfills) {
    const seconds = elapsedMs / 1000
    const bar = '#'.repeat(Math.max(1, Math.round((elapsedMs / slowest) * barWidth))).padEnd(barWidth)
    const count = `${readers} reader${readers === 1 ? ' ' : 's'}`.padStart(10)
    print(
      `${count}  ${bar}  ${seconds.toFixed(1)} s, ${(mib / seconds).toFixed(1)} MiB/s, ${records} records`,
    )
  }
  const sha256 = sha256OfReadings(mib)
  const isSame = backfills.every((each) => each.sha256 === sha256)
  print(isSame ? 'both results are the readings, byte for byte' : 'the results DIFFER from the readings')
  return { backfills, sha256 }
}

/** Runs the command, and reads what it says with --json. */
async function replay(words: readonly string[]): Promise<{ elapsedMs: number; records: number }> {
  const env = { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', ...process.env }
  const child = spawn(process.execPath, [millrace, 'replay', ...words, '--json'], { env })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const exitCode = await new Promise((resolve) => child.on('close', resolve))
  if (exitCode !== 0) throw new Error(`millrace replay ended with ${exitCode}:\n${stderr}`)
  // The form is that of the command's --json.
  return JSON.parse(stdout) as { elapsedMs: number; records: number }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  // Chunks of a stream without an encoding are bytes.
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** What a backfill in order must write: one reading a line. */
function sha256OfReadings(mib: number): string {
  const hash = createHash('sha256')
  for (const records of readings(mib)) for (const record of records) hash.update(record).update('\n')
  return hash.digest('hex')
}
