/**
 * `millrace test`: runs every SQL case below a folder and says which do not give what they expect. Cases run one after
 * the other under their own time; a faulty case file is a failure of that case alone.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { CaseFileError, type CaseVariant, type CaseVerdict, parseCase, runCase } from '@millrace/sql'
import { MillraceError } from '../error.ts'
import { exitCodes } from './exit-code.ts'

export interface TestFlags {
  readonly thorough: boolean
  readonly verbose: boolean
  readonly json: boolean
}

interface Variant {
  readonly title: string
  readonly variant: CaseVariant
}

const plain: Variant = { title: '', variant: { batch: 'row', restarts: false } }
const thorough: readonly Variant[] = [
  plain,
  { title: 'all rows at once', variant: { batch: 'all', restarts: false } },
  { title: 'restarted after every row', variant: { batch: 'row', restarts: true } },
]

/** Prints as it goes; gives the exit code. */
export async function testCases(folder: string, flags: TestFlags): Promise<number> {
  const cases = findCases(folder)
  if (cases.length === 0) {
    const found = existsSync(folder) ? 'holds no NAME.json beside a NAME.sql' : 'does not exist'
    throw new MillraceError('CASES_NONE', `"${folder}" ${found}.`)
  }
  const counts = { passed: 0, failed: 0, contested: 0 }
  for (const path of cases) {
    const verdict = runOne(path, flags.thorough ? thorough : [plain])
    const agrees = verdict.problem === undefined
    counts[agrees ? 'passed' : verdict.outcome === 'contested' ? 'contested' : 'failed']++
    report(relative('.', path), verdict, flags)
  }
  if (flags.json) process.stdout.write(`${JSON.stringify({ summary: counts })}\n`)
  else {
    if (counts.contested > 0)
      process.stdout.write(`${counts.contested} contested (the answer is open; not counted)\n`)
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`)
  }
  return counts.failed === 0 ? exitCodes.ok : exitCodes.failed
}

/** Paths without ending, sorted. A program without its JSON file is no case. */
function findCases(folder: string): string[] {
  if (existsSync(`${folder}.json`)) return [folder]
  if (/\.(sql|json)$/.test(folder) && existsSync(folder)) return [folder.replace(/\.(sql|json)$/, '')]
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && !name.split(/[\\/]/).includes('node_modules'))
    .map((name) => join(folder, name.slice(0, -'.json'.length)))
    .filter((path) => existsSync(`${path}.sql`))
    .sort()
}

function runOne(path: string, variants: readonly Variant[]): CaseVerdict {
  try {
    const name = path.split(/[\\/]/).at(-1) ?? path
    const file = parseCase(name, readFileSync(`${path}.sql`, 'utf8'), readFileSync(`${path}.json`, 'utf8'))
    let verdict: CaseVerdict | undefined
    for (const { title, variant } of variants) {
      verdict = runCase(file, variant)
      if (verdict.problem !== undefined)
        return title === '' ? verdict : { ...verdict, problem: `${title}: ${verdict.problem}` }
    }
    return verdict ?? { outcome: 'passed', problem: undefined }
  } catch (error) {
    const text = error instanceof CaseFileError ? error.message : failureText(error)
    return { outcome: 'failed', problem: text }
  }
}

/** A fault of ours: the stack helps whoever reports it. */
function failureText(error: unknown): string {
  return error instanceof Error ? `the case could not be run: ${error.stack ?? error.message}` : String(error)
}

function report(path: string, verdict: CaseVerdict, flags: TestFlags): void {
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ case: path, ...verdict })}\n`)
    return
  }
  if (verdict.problem === undefined) {
    if (flags.verbose) process.stdout.write(`ok ${path}\n`)
    return
  }
  const word = verdict.outcome === 'contested' ? 'contested' : 'FAILED'
  process.stdout.write(`${word} ${path}\n${verdict.problem.replace(/^/gm, '    ')}\n`)
}
