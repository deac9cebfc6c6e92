/**
 * A server that ours is compared with, and all that is known of it as data: what it cannot be asked, what it says in a form
 * of its own, and where it is ours that is meant to differ. Everything else is a fault.
 */
import { type Outcome, showOutcome } from './compare-replies.ts'
import type { Step } from './random-program.ts'
import type { Json, TablePeer } from './table-peer.ts'

export interface Oracle {
  readonly name: string
  start(): Promise<TablePeer>
  /** Why it may end or fall silent in the middle of a program, which then is compared no further. Undefined: it must not. */
  readonly givesUp: string | undefined
  /** Operations that it does not have. */
  readonly lacks: readonly string[]
  readonly hasChanges: boolean
  /** Steps that it cannot be asked. */
  readonly unaskable: readonly StepsOf[]
  /** Steps after which the two may hold different items, though they have answered alike. */
  readonly drifts: readonly StepsOf[]
  readonly mends: readonly Mend[]
  readonly wanted: readonly WantedDifference[]
}

/** By its JSON, or by more than that can say. */
export type StepTest = RegExp | ((step: Step) => boolean)

/** Steps that need care. */
export interface StepsOf {
  readonly reason: string
  readonly step: StepTest
}

/** Turns the bodies of replies, of ours or of the oracle's, into a form in which they can be compared. */
export interface Mend {
  readonly reason: string
  /** Default: all. */
  readonly operations?: readonly string[]
  ours?(body: Json, step: Step): Json
  theirs?(body: Json, step: Step): Json
}

export interface WantedDifference {
  readonly reason: string
  /** Default: all. */
  readonly operations?: readonly string[]
  /** Default: any. */
  readonly step?: StepTest
  /** Of outcomes as showOutcome writes them. */
  readonly ours: RegExp
  readonly theirs: RegExp
}

export function isAskable({ unaskable, lacks }: Pick<Oracle, 'unaskable' | 'lacks'>, step: Step): boolean {
  if (lacks.includes(step.operation)) return false
  return !unaskable.some((each) => isOf(each.step, step))
}

function isOf(test: StepTest, step: Step): boolean {
  return typeof test === 'function' ? test(step) : test.test(JSON.stringify(step))
}

export function drifts({ drifts }: Pick<Oracle, 'drifts'>, step: Step): boolean {
  return drifts.some((each) => isOf(each.step, step))
}

/** What mends the bodies of one side. */
export function mender(
  { mends }: Pick<Oracle, 'mends'>,
  side: 'ours' | 'theirs',
  step: Step,
): (body: Json) => Json {
  const changes = mends.flatMap((mend) => {
    const change = mend[side]
    return change === undefined || mend.operations?.includes(step.operation) === false ? [] : [change]
  })
  return (body) => changes.reduce((mended, change) => change(mended, step), body)
}

export function isWanted(difference: WantedDifference, step: Step, ours: Outcome, theirs: Outcome): boolean {
  if (difference.operations?.includes(step.operation) === false) return false
  if (difference.step !== undefined && !isOf(difference.step, step)) return false
  return difference.ours.test(showOutcome(ours)) && difference.theirs.test(showOutcome(theirs))
}

/** The body without these members, wherever they are. */
export function withoutMembers(body: Json, names: readonly string[]): Json {
  return mapMembers(body, (name, value) => (names.includes(name) ? undefined : value))
}

/** Each member of each object changed, inside first; undefined: left out. Elements of lists have the name ''. */
export function mapMembers(value: Json, change: (name: string, value: Json) => Json | undefined): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    return value.flatMap((element) => change('', mapMembers(element, change)) ?? [])
  }
  const members: Record<string, Json> = {}
  for (const [name, member] of Object.entries(value)) {
    const changed = change(name, mapMembers(member as Json, change)) // From JSON.
    if (changed !== undefined) members[name] = changed
  }
  return members
}
