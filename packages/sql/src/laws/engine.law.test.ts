/**
 * The laws of the compiled engine over random programs (engine-port.ts):
 *   1. it answers what the interpreter answers: rows in order with row times and records, errors, outcomes;
 *   2. any cut into micro-batches answers alike;
 *   3. an instance that is stopped after any micro-batch and restored from its changes, from snapshots, or from a snapshot
 *      and later changes, goes on as if it had never stopped.
 * A failing case is made smaller and printed with its seed. `LAW_SEED=x LAW_CASES=n` runs others.
 */
import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import type { QueryInstance } from '../engine-port.ts'
import { optimizeProgram } from '../optimizer/optimize.ts'
import type { Program } from '../plan.ts'
import { caseText } from './plan-text.ts'
import { randomProgram } from './random-program.ts'
import { randomRecords } from './random-rows.ts'
import { shrink } from './shrink.ts'
import { type Cut, difference, engineTrace, interpreterTrace, type LawCase } from './trace.ts'

const count = Number(process.env.LAW_CASES ?? 100)
const seedName = process.env.LAW_SEED ?? 'engine'

// The compiled engine lives in a folder of its own, which need not be there for the laws of the interpreter to run.
const compileProgram = await findEngine()

async function findEngine(): Promise<((program: Program) => QueryInstance) | undefined> {
  for (const name of ['compile-program', 'index']) {
    const found: unknown = await import(`../engine/${name}.ts`).catch(() => undefined)
    if (typeof found === 'object' && found !== null && 'compileProgram' in found) {
      return found.compileProgram as (program: Program) => QueryInstance // The engine's own export of this name.
    }
  }
  return undefined
}

const law = test.skipIf(compileProgram === undefined)

function compile(program: Program): QueryInstance {
  if (compileProgram === undefined) throw new Error('no engine')
  return compileProgram(program)
}

type Problem = (subject: LawCase) => string | undefined

function holds(problemOf: Problem): void {
  for (let i = 0; i < count; i++) {
    const seed = `${seedName}-${i}`
    const random = seededRandom(seed)
    const generated = randomProgram(random)
    const subject = { ...generated, records: randomRecords(random, generated.inputs, 1 + random.below(40)) }
    const problem = outcomeOf(problemOf, subject)
    if (problem === undefined) continue
    // A program that lost a part it needs throws; that is another problem than the one found.
    const small = shrink(subject, (candidate) => kindOf(outcomeOf(problemOf, candidate)) === kindOf(problem))
    expect.fail(`seed ${seed}: ${outcomeOf(problemOf, small)}\n${caseText(small)}`)
  }
}

const thrown = 'threw '

/** What must stay the same while a case is made smaller: the first lines of an error, or that answers differ. */
function kindOf(problem: string | undefined): string | undefined {
  return problem?.startsWith(thrown) ? problem.split('\n').slice(0, 2).join() : problem && 'differs'
}

/** A thrown error is a problem too, and may be shrunk. */
function outcomeOf(problemOf: Problem, subject: LawCase): string | undefined {
  try {
    return problemOf(subject)
  } catch (error) {
    return `${thrown}${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
}

const whole: Cut = { sizes: [], bounds: 'none' }

/** Cuts that follow from the case, so that a shrunk case is cut alike: one by one, in threes, in uneven parts. */
function cuts({ records }: LawCase, bounds: Cut['bounds']): Cut[] {
  return [
    { sizes: records.map(() => 1), bounds },
    { sizes: records.map(() => 3), bounds },
    { sizes: records.map((_, i) => 1 + ((i * 7) % 5)), bounds },
  ]
}

law('the engine answers what the interpreter answers', () => {
  holds((subject) =>
    difference(interpreterTrace(subject, whole), engineTrace(subject, whole, compile), subject.program, {
      by: 'exact',
    }),
  )
})

law('optimized programs too', () => {
  holds((plain) => {
    const subject = { ...plain, program: optimizeProgram(plain.program) }
    return difference(
      interpreterTrace(subject, whole),
      engineTrace(subject, whole, compile),
      subject.program,
      { by: 'exact' },
    )
  })
})

law('any cut into micro-batches answers alike', () => {
  holds((subject) => {
    const expected = interpreterTrace(subject, whole)
    for (const cut of cuts(subject, 'none')) {
      const found = difference(expected, engineTrace(subject, cut, compile), subject.program, { by: 'exact' })
      if (found !== undefined) return `cut ${cut.sizes.join(' ')}: ${found}`
    }
    return undefined
  })
})

law('with bounds between micro-batches the engine answers what the interpreter answers', () => {
  holds((subject) => {
    for (const cut of cuts(subject, 'next')) {
      const expected = interpreterTrace(subject, cut)
      const found = difference(expected, engineTrace(subject, cut, compile), subject.program, { by: 'exact' })
      if (found !== undefined) return `cut ${cut.sizes.join(' ')}: ${found}`
    }
    return undefined
  })
})

law.each(['changes', 'snapshot', 'mixed'] as const)(
  'restored after every micro-batch from %s, it goes on alike',
  (restarts) => {
    holds((subject) => {
      for (const cut of cuts(subject, 'next')) {
        const expected = interpreterTrace(subject, cut)
        const actual = engineTrace(subject, cut, compile, restarts)
        const found = difference(expected, actual, subject.program, { by: 'exact' })
        if (found !== undefined) return `cut ${cut.sizes.join(' ')}: ${found}`
      }
      return undefined
    })
  },
)
