/**
 * Law: an optimized plan answers like the plain one: the same rows come out, and the same number of rows fails. A filter
 * that moved below a join keeps rows out of a window that they would have left in vain, so the record whose arrival ends
 * a window may be another; and of two things that are wrong with one row, the other may be told.
 */
import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { optimizeProgram } from '../optimizer/optimize.ts'
import { caseText } from './plan-text.ts'
import { randomProgram } from './random-program.ts'
import { randomRecords } from './random-rows.ts'
import { shrink } from './shrink.ts'
import { type Cut, difference, interpreterTrace, type LawCase } from './trace.ts'

const count = Number(process.env.LAW_CASES ?? 300)
const cut: Cut = { sizes: [], bounds: 'none' }

function optimizedDiffers(subject: LawCase): string | undefined {
  const optimized = { ...subject, program: optimizeProgram(subject.program) }
  return difference(interpreterTrace(subject, cut), interpreterTrace(optimized, cut), subject.program, {
    by: 'answers',
  })
}

test('an optimized plan answers like the plain one', () => {
  for (let i = 0; i < count; i++) {
    const seed = `${process.env.LAW_SEED ?? 'optimizer'}-${i}`
    const random = seededRandom(seed)
    const generated = randomProgram(random, { overrides: false })
    const subject = { ...generated, records: randomRecords(random, generated.inputs, 1 + random.below(25)) }
    if (optimizedDiffers(subject) === undefined) continue
    const small = shrink(subject, (candidate) => optimizedDiffers(candidate) !== undefined)
    const optimized = { ...small, program: optimizeProgram(small.program), records: [] }
    expect.fail(
      `seed ${seed}: ${optimizedDiffers(small)}\n${caseText(small)}\noptimized:\n${caseText(optimized)}`,
    )
  }
})
