/**
 * Our jq beside others: recorded results of jq 1.6 itself (jq-cases.jsonl), jq compiled to WebAssembly over random programs, and
 * nightly jq 1.6 again over new random programs. MILLRACE_WRITE_JQ_CASES=1 records anew, where `jq --version` is jq-1.6.
 */
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { seededRandom } from '@millrace/values'
import { raw } from 'jq-wasm'
import { describe, expect, test } from 'vitest'
import { compileJq } from './jq.ts'
import { type Json, jsonText } from './jq-value.ts'
import { listedPrograms } from './testing/listed-programs.ts'
import { RandomProgram, randomInput } from './testing/random-program.ts'

interface JqCase {
  readonly program: string
  readonly input: Json
  /** Results as text, one for each. */
  readonly results: readonly string[]
  readonly failed: boolean
}

const file = new URL('./testing/jq-cases.jsonl', import.meta.url)
const isRecording = process.env.MILLRACE_WRITE_JQ_CASES !== undefined
const isNightly = process.env.MILLRACE_NIGHTLY !== undefined

function ours(program: string, input: Json): { results: string[]; failed: boolean } {
  const { results, problem } = compileJq(program).run(input, { now: 0, stepsMax: 10_000_000 })
  return { results: results.map((value) => jsonText(value, () => {})), failed: problem !== undefined }
}

/** Undefined where jq itself breaks down, or runs for too long. */
function jq16(program: string, input: Json): JqCase | undefined {
  const text = JSON.stringify(input)
  const run = spawnSync('jq', ['-c', program], {
    input: text,
    encoding: 'utf8',
    timeout: 5000,
    env: { TZ: 'UTC' },
  })
  if (run.error !== undefined || (run.status !== 0 && run.status !== 5)) return undefined
  const results = run.stdout === '' ? [] : run.stdout.trimEnd().split('\n')
  return { program, input, results, failed: run.status === 5 }
}

function isJq16(): boolean {
  return spawnSync('jq', ['--version'], { encoding: 'utf8' }).stdout?.trim() === 'jq-1.6'
}

function randomCase(seed: string, isPortable: boolean): { program: string; input: Json } {
  const random = seededRandom(seed)
  return {
    program: new RandomProgram(random, { isPortable }).make(),
    input: randomInput(random, { isPortable }),
  }
}

describe('the jq language', () => {
  const cases = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    // The file is written by this test.
    .map((line) => JSON.parse(line) as JqCase)

  test('gives what jq 1.6 gave, character for character', () => {
    expect(cases.length).toBeGreaterThan(1000)
    const wrong = cases.flatMap(({ program, input, results, failed }) => {
      const own = ours(program, input)
      const same = own.failed === failed && own.results.join('\n') === results.join('\n')
      return same ? [] : [{ program, input, jq: { results, failed }, own }]
    })
    expect(wrong).toEqual([])
  })

  test('every listed program has its recorded result', () => {
    const recorded = new Set(cases.map(({ program }) => program))
    expect(listedPrograms.map(([program]) => program).filter((program) => !recorded.has(program))).toEqual([])
  })

  test('gives what jq in WebAssembly gives, over random programs', async () => {
    // That build runs out of memory after some 300 programs.
    const seed = process.env.MILLRACE_SEED ?? '20261121'
    const wrong: unknown[] = []
    for (let i = 0; i < 250; i++) {
      const { program, input } = randomCase(`${seed}-${i}`, true)
      const own = ours(program, input)
      let theirs: string[] | undefined
      try {
        const text = (await raw(JSON.stringify(input), program, ['-c'])).trim()
        theirs = text === '' ? [] : text.split('\n')
      } catch {
        theirs = undefined
      }
      // It throws where a program fails before its first result, and drops failures after that.
      const same =
        theirs === undefined
          ? own.failed
          : JSON.stringify(own.results.map(sorted)) === JSON.stringify(theirs.map(sorted))
      if (!same) wrong.push({ i, program, input, own, theirs })
    }
    expect(wrong, `seed ${seed}`).toEqual([])
  })

  test.skipIf(!isNightly)(
    'gives what jq 1.6 gives, over new random programs (nightly)',
    { timeout: 900_000 },
    () => {
      expect(isJq16(), 'jq 1.6 is needed: apt-get install jq on Debian 12').toBe(true)
      const seed = process.env.MILLRACE_SEED ?? String(randomInt(1_000_000))
      const wrong: unknown[] = []
      for (let i = 0; i < 4000; i++) {
        const { program, input } = randomCase(`${seed}-${i}`, false)
        const theirs = jq16(program, input)
        if (theirs === undefined) continue
        const own = ours(program, input)
        if (own.failed !== theirs.failed || own.results.join('\n') !== theirs.results.join('\n')) {
          wrong.push({ i, program, input, own, theirs })
        }
      }
      expect(wrong, `seed ${seed}`).toEqual([])
    },
  )

  test.skipIf(!isRecording)('records what jq 1.6 gives', { timeout: 900_000 }, () => {
    expect(isJq16()).toBe(true)
    const lines: string[] = []
    const record = (program: string, input: Json) => {
      const recorded = jq16(program, input)
      if (recorded !== undefined) lines.push(JSON.stringify(recorded))
    }
    for (const [program, input] of listedPrograms) record(program, JSON.parse(input ?? 'null') as Json)
    for (let i = 0; i < 1000; i++) {
      const { program, input } = randomCase(`golden-${i}`, false)
      record(program, input)
    }
    writeFileSync(file, `${lines.join('\n')}\n`)
  })
})

function sorted(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}
