/** Laws of the interpreter alone, over random programs: a test of the definition and of the generator. */
import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { InterpretedInstance } from '../interpreter/interpreted-instance.ts'
import type { Program } from '../plan.ts'
import { caseText } from './plan-text.ts'
import { randomProgram } from './random-program.ts'
import { randomRecords } from './random-rows.ts'
import { type Cut, difference, engineTrace, interpreterTrace, type LawCase } from './trace.ts'

const seeds = Array.from({ length: 260 }, (_, i) => `interpreter-${i}`)

function lawCase(seed: string): LawCase {
  const random = seededRandom(seed)
  const generated = randomProgram(random)
  return { ...generated, records: randomRecords(random, generated.inputs, 1 + random.below(30)) }
}

test('any cut into micro-batches answers alike', () => {
  for (const seed of seeds) {
    const subject = lawCase(seed)
    const whole = interpreterTrace(subject, { sizes: [], bounds: 'none' })
    const single: Cut = { sizes: subject.records.map(() => 1), bounds: 'none' }
    const found = difference(whole, interpreterTrace(subject, single), subject.program, { by: 'exact' })
    expect(found, `seed ${seed}\n${caseText(subject)}`).toBeUndefined()
  }
})

test.each(['never', 'changes', 'snapshot', 'mixed'] as const)(
  'behind the port of the engine, restarts %s, it answers alike',
  (restarts) => {
    const compile = (program: Program) => new InterpretedInstance(program)
    for (const seed of seeds.slice(0, 60)) {
      const subject = lawCase(seed)
      const cut: Cut = { sizes: subject.records.map((_, i) => 1 + (i % 4)), bounds: 'next' }
      const actual = engineTrace(subject, cut, compile, restarts)
      const found = difference(interpreterTrace(subject, cut), actual, subject.program, { by: 'exact' })
      expect(found, `seed ${seed}\n${caseText(subject)}`).toBeUndefined()
    }
  },
)

test('row times of a declared stream never decrease, and every record has one outcome', () => {
  for (const seed of seeds) {
    const subject = lawCase(seed)
    const { outputs, outcomes } = interpreterTrace(subject, { sizes: [], bounds: 'none' })
    for (const rows of outputs.values()) {
      for (let i = 1; i < rows.length; i++)
        expect(rows[i]!.rowtime).toBeGreaterThanOrEqual(rows[i - 1]!.rowtime)
    }
    expect(outcomes).toHaveLength(subject.records.length)
  }
})

test('the generator covers what it should: every node, rows out, each kind of error and outcome', () => {
  const seen = new Map<string, number>()
  const count = (what: string, by = 1) => seen.set(what, (seen.get(what) ?? 0) + by)
  for (const seed of seeds) {
    const subject = lawCase(seed)
    const plan = caseText({ ...subject, records: [] })
    for (const word of ['filter', 'lookup-join', 'window-join', 'over', 'group by', 'union', 'rows']) {
      if (plan.includes(`${word} `) || plan.includes(`${word}\n`)) count(word)
    }
    const { outputs, errors, outcomes } = interpreterTrace(subject, { sizes: [], bounds: 'none' })
    for (const rows of outputs.values()) count('rows out', rows.length)
    for (const { name } of errors) count(name)
    for (const outcome of outcomes) count(`outcome ${outcome}`)
  }
  for (const word of ['filter', 'lookup-join', 'window-join', 'over', 'group by', 'union', 'rows']) {
    expect(seen.get(word) ?? 0, word).toBeGreaterThan(10)
  }
  expect(seen.get('rows out')).toBeGreaterThan(1500)
  for (const name of ['CoercionError', 'DivideByZero', 'ValueOutOfRange', 'NotNullViolation', 'OutOfOrder']) {
    expect(seen.get(name) ?? 0, name).toBeGreaterThan(4)
  }
  for (const outcome of [0, 1, 2, 3])
    expect(seen.get(`outcome ${outcome}`) ?? 0, `${outcome}`).toBeGreaterThan(4)
})
