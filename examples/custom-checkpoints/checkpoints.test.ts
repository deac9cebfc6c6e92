/** Which messages each function is called with, in each of the three modes, and what becomes of the bad one. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestedApp, testApp } from 'millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import checkpoints from './checkpoints.app.ts'

const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
const bad = 'message 5 fails'

let app: TestedApp
beforeAll(async () => {
  app = await testApp(checkpoints)
  await app.runUntilIdle()
})
afterAll(() => app.close())

/** What a function has printed itself: `1-10: message 5 fails`. */
function printed(functionName: string): string[] {
  return app.functionLog(functionName).flatMap((line) => line.split('\tINFO\t')[1] ?? [])
}

/** How often a message was handed over. */
function timesOf(message: number, invocations: readonly string[]): number {
  return invocations.filter((line) => {
    const [first = 0, last = first] = line.split(':')[0]!.split('-').map(Number)
    return first <= message && message <= last
  }).length
}

describe('ten messages, the fifth of which is bad', () => {
  test('whole batch: nothing gets past it, and in the end the ten are given up', () => {
    const invocations = printed('whole')
    expect(invocations).toEqual([`1-10: ${bad}`, `1-10: ${bad}`, `1-10: ${bad}`])
    expect(outcome('whole')).toEqual({ in: 10, out: 0, dead: 10 })
  })

  test('halves: the batch is cut until the bad message is alone', () => {
    const invocations = printed('halves')
    expect(invocations).toEqual([
      `1-10: ${bad}`,
      `1-5: ${bad}`,
      '1-3: done',
      `4-5: ${bad}`,
      '4: done',
      // Alone it is tried as often as a batch is.
      `5: ${bad}`,
      `5: ${bad}`,
      `5: ${bad}`,
      '6-10: done',
    ])
    expect(timesOf(4, invocations)).toBe(4)
    expect(timesOf(6, invocations)).toBe(2)
    expect(outcome('halves')).toEqual({ in: 10, out: 9, dead: 1 })
  })

  test('checkpoints: what is done is not done again', () => {
    const invocations = printed('checkpoints')
    expect(invocations).toEqual([
      '1-10: message 4 fails',
      '4-10: message 7 fails',
      '7-10: message 10 fails',
      '10: done',
    ])
    expect([1, 3, 4, 6, 7, 9, 10].map((message) => timesOf(message, invocations))).toEqual([
      1, 1, 2, 2, 3, 3, 4,
    ])
    expect(outcome('checkpoints')).toEqual({ in: 10, out: 10, dead: 0 })
  })

  test('each record is accounted for', () => {
    expect(app.items('Messages')).toHaveLength(10)
    expect(app.report().ledgerBalanced).toBe(true)
  })

  test('as the README shows it', () => {
    for (const name of ['whole', 'halves', 'checkpoints']) {
      expect(readme).toContain(`\`\`\`text\n${printed(name).join('\n')}\n\`\`\``)
    }
  })
})

function outcome(stage: string): { in: number; out: number; dead: number } {
  const { in: taken, out, dead } = app.report().stages.find(({ name }) => name === stage)!
  return { in: taken, out, dead }
}

test('the command of the README ends with the same figures', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-checkpoints-'))
  const root = join(import.meta.dirname, '../..')
  const command = /^npx millrace (run examples\/custom-checkpoints\/\S+ .*) --data-dir \S+$/m.exec(
    readme,
  )![1]!
  const run = spawn(
    join(root, 'node_modules/.bin/millrace'),
    [...command.split(' '), '--json', '--data-dir', join(dir, 'data')],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const output: string[] = []
  const errors: string[] = []
  run.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
  run.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  const exitCode = await new Promise((resolve) => run.on('close', resolve))
  rmSync(dir, { recursive: true, force: true })
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: [] })
  const { stages, ledgerBalanced } = JSON.parse(output.join(''))
  expect(ledgerBalanced).toBe(true)
  expect(stages).toMatchObject([
    { name: 'arrivals-source', out: 10 },
    { name: 'keep', out: 10 },
    { name: 'whole', out: 0, dead: 10 },
    { name: 'halves', out: 9, dead: 1 },
    { name: 'checkpoints', out: 10, dead: 0 },
  ])
})
