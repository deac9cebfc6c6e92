/** What a template's calls are made of: helpers by module and name, each with its argument checked once. */
import type { Random, Zone } from '@millrace/values'
import type { Words } from './words.ts'

/** What a record is made from. */
export interface RecordContext {
  readonly random: Random
  /** ms. */
  readonly now: number
  /** Of the simulated clock; `now` where there is none. */
  readonly simulated: number
  readonly zone: Zone
  /** Set where the template needs them. */
  readonly words: Words | undefined
}

export type HelperValue = string | number | boolean | null | undefined | Date | readonly unknown[] | object

export type Helper = (context: RecordContext) => HelperValue

/** Makes the helper for an argument: parsed JSON, text that is none, or undefined. A string says what is wrong with it. */
export interface HelperMaker {
  readonly make: (argument: unknown) => Helper | string
  readonly needsWords: boolean
}

export type Helpers = Readonly<Record<string, Readonly<Record<string, HelperMaker>>>>

export function plain(make: (argument: unknown) => Helper | string): HelperMaker {
  return { make, needsWords: false }
}

/** Members of an argument that is an object. */
export function optionsOf(argument: unknown): Readonly<Record<string, unknown>> {
  // Checked to be one.
  return typeof argument === 'object' && argument !== null && !Array.isArray(argument)
    ? (argument as Record<string, unknown>)
    : {}
}

/** A count that is the argument itself, or its member. */
export function countOf(argument: unknown, member: string, usual: number): number {
  const value = typeof argument === 'number' ? argument : optionsOf(argument)[member]
  return typeof value === 'number' && value >= 0 ? Math.floor(value) : usual
}
