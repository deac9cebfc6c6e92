/** A plan and its optimized form mean the same: same rows, same row times, same failing rows, over random programs. */
import { type Random, type Schema, seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { conjunction } from '../expression/expr-tools.ts'
import { mapNodes } from '../expression/node-tools.ts'
import { lookupScalar, sameType } from '../functions/index.ts'
import { call, column, integer } from '../laws/plan-builder.ts'
import { caseText } from '../laws/plan-text.ts'
import { randomProgram } from '../laws/random-program.ts'
import { randomRecords } from '../laws/random-rows.ts'
import { difference, interpreterTrace, type LawCase, type Trace } from '../laws/trace.ts'
import type { Expr, PlanNode, Program } from '../plan.ts'
import { foldConstants } from './fold-constants.ts'
import { mergeProjects } from './merge-projects.ts'
import { mapPlans, optimizeProgram } from './optimize.ts'
import { pruneProgram } from './prune-columns.ts'
import { pushFilters } from './push-filters.ts'

const seeds = Array.from({ length: 150 }, (_, i) => `optimizer-${i}`)

function lawCase(seed: string): LawCase {
  const random = seededRandom(seed)
  const generated = randomProgram(random)
  const program = mapPlans(generated.program, (plan) => withFilters(plan, random))
  return { ...generated, program, records: randomRecords(random, generated.inputs, 1 + random.below(40)) }
}

/** Filters above joins and projections, which the generator makes too few of for the pushing rule. */
function withFilters(plan: PlanNode, random: Random): PlanNode {
  if (plan.kind !== 'project') return plan
  const input = mapNodes(plan.input, (node) => {
    if (!['window-join', 'lookup-join', 'project', 'filter'].includes(node.kind) || random.below(2) === 0)
      return node
    const parts = Array.from({ length: 1 + random.below(2) }, () => randomCondition(node.schema, random))
    return {
      kind: 'filter',
      input: node,
      predicate: conjunction(parts)!,
      schema: node.schema,
      span: node.span,
    }
  })
  return { ...plan, input }
}

function randomCondition(schema: Schema, random: Random): Expr {
  const index = random.below(schema.fields.length)
  const some = column(schema, index)
  const alike = schema.fields.flatMap((each, i) => (i !== index && sameType(each.type, some.type) ? [i] : []))
  const other = alike[random.below(Math.max(1, alike.length))]
  if (other !== undefined && random.below(3) > 0) return call('=', [some, column(schema, other)])
  if (some.type.kind === 'INTEGER' && random.below(2) === 0)
    return call('>=', [some, integer(random.below(3))])
  // A condition that may fail must stay where it is.
  if (some.type.kind === 'INTEGER' && random.below(2) === 0)
    return call('>', [call('/', [integer(12), some]), integer(1)])
  return call(random.below(4) === 0 ? 'IS NULL' : 'IS NOT NULL', [some])
}

/**
 * Which of several errors of one row is reported may differ, so an error counts by pump and record. Outcomes are left out,
 * because a row that a filter drops before a window instead of behind it is no longer "taken into a window".
 */
function comparable(trace: Trace): Trace {
  return { ...trace, errors: trace.errors.map((error) => ({ ...error, name: '' })), outcomes: [] }
}

function checkRule(rule: (program: Program) => Program): void {
  for (const seed of seeds) {
    const subject = lawCase(seed)
    const rewritten: LawCase = { ...subject, program: rule(subject.program) }
    const cut = { sizes: [], bounds: 'none' } as const
    const [plain, optimized] = [interpreterTrace(subject, cut), interpreterTrace(rewritten, cut)]
    const found = difference(comparable(plain), comparable(optimized), subject.program, { by: 'exact' })
    expect(
      found,
      `seed ${seed}\n${caseText(subject)}\nbecomes\n${caseText({ ...rewritten, records: [] })}`,
    ).toBeUndefined()
  }
}

test('constant folding changes no answer', () => {
  checkRule((program) =>
    mapPlans(program, (plan) => foldConstants(plan, (name) => lookupScalar(name, program.dialect))),
  )
})

test('pushing filters changes no answer', () => {
  checkRule((program) => mapPlans(program, pushFilters))
})

test('merging projections and filters changes no answer', () => {
  checkRule((program) => mapPlans(program, mergeProjects))
})

test('pruning columns changes no answer', () => {
  checkRule(pruneProgram)
})

test('all rules together change no answer, and neither does optimizing twice', () => {
  checkRule((program) => optimizeProgram(program))
  checkRule((program) => optimizeProgram(optimizeProgram(program)))
})

test('the generator gives every rule something to do', () => {
  const changed = { fold: 0, push: 0, merge: 0, prune: 0 }
  for (const seed of seeds) {
    const { program } = lawCase(seed)
    const text = (each: Program): string =>
      caseText({ program: each, references: new Map(), inputs: new Map(), records: [] })
    const plain = text(program)
    if (text(mapPlans(program, (plan) => foldConstants(plan, (name) => lookupScalar(name, 'kda')))) !== plain)
      changed.fold++
    if (text(mapPlans(program, pushFilters)) !== plain) changed.push++
    if (text(mapPlans(program, mergeProjects)) !== plain) changed.merge++
    if (text(pruneProgram(program)) !== plain) changed.prune++
  }
  for (const [rule, count] of Object.entries(changed)) expect(count, rule).toBeGreaterThan(5)
})
