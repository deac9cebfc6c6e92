/**
 * Runs a regular expression in time proportional to text length times program length, whatever the pattern (Thompson's
 * simulation with submatches, after Russ Cox, "Regular Expression Matching: the Virtual Machine Approach"): all threads
 * step through the text together, in order of priority, so the match is the one that a backtracking engine finds first:
 * leftmost, with each quantifier as greedy or lazy as written. Program and steps are limited, so no pattern hangs a query.
 *
 * Instructions: characters (consume one), split (try the first target, then the second), jump, save (note the position),
 * assertion, match.
 *
 * Simple patterns on short texts run on the platform's engine instead (native.ts).
 */
import { SqlRuntimeError } from '../scalar-function.ts'
import { type NativeRegex, nativeRegex } from './native.ts'
import {
  type Assertion,
  type CharacterSet,
  inSet,
  PatternError,
  type RegexNode,
  wordCharacters,
} from './tree.ts'

type Instruction =
  | { readonly op: 'characters'; readonly set: CharacterSet }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'assertion'; readonly what: Assertion }
  | { readonly op: 'match' }

/** Longest program, and the most nodes that repetition may unfold (nodes without instructions count too). */
const instructionsMax = 4000
const unfoldedMax = 20_000

/** Thread steps of one call; a REGEX_REPLACE of many matches shares them. About a second at the very worst. */
export const stepsMax = 20_000_000

export interface StepMeter {
  left: number
}

/** Start and end of group g at [2g, 2g + 1] in UTF-16 units, -1 where the group took no part. */
export type Match = readonly number[]

interface Thread {
  readonly at: number
  readonly saved: Match
}

export class RegexProgram {
  readonly #pattern: string
  readonly #code: Instruction[] = []
  readonly #native: NativeRegex | undefined
  #slots = 2
  #unfolded = 0

  constructor(pattern: string, node: RegexNode) {
    this.#pattern = pattern
    this.#emit({ op: 'save', slot: 0 })
    this.#compile(node)
    this.#emit({ op: 'save', slot: 1 })
    this.#emit({ op: 'match' })
    this.#native = nativeRegex(node)
  }

  /** The first match that starts at UTF-16 unit `from` or later. */
  exec(text: string, from = 0, meter: StepMeter = { left: stepsMax }): Match | undefined {
    if (this.#native !== undefined && text.length <= this.#native.textMax)
      return this.#execNative(this.#native.regex, text, from)
    const empty: Match = new Array<number>(this.#slots).fill(-1)
    const visited = new Int32Array(this.#code.length).fill(-1)
    let threads: Thread[] = []
    let found: Match | undefined
    for (let at = from; ; ) {
      // Once a match is found, only threads that started earlier, and so have priority, go on.
      if (found === undefined) this.#follow(threads, 0, empty, text, at, visited)
      if (threads.length === 0 && found !== undefined) return found
      meter.left -= threads.length + 1
      if (meter.left < 0) throw this.#tooManySteps(text)
      const codePoint = text.codePointAt(at)
      const next = at + (codePoint !== undefined && codePoint > 0xffff ? 2 : 1)
      const advanced: Thread[] = []
      for (const { at: pc, saved } of threads) {
        const instruction = this.#code[pc]!
        if (instruction.op === 'match') {
          found = saved
          break
        }
        if (instruction.op === 'characters' && codePoint !== undefined && inSet(instruction.set, codePoint)) {
          this.#follow(advanced, pc + 1, saved, text, next, visited)
        }
      }
      if (codePoint === undefined) return found
      threads = advanced
      at = next
    }
  }

  #execNative(regex: RegExp, text: string, from: number): Match | undefined {
    regex.lastIndex = from
    const indices = regex.exec(text)?.indices
    if (indices === undefined) return undefined
    const match = new Array<number>(this.#slots).fill(-1)
    for (let group = 0; group < indices.length; group++) {
      // A group that took no part has no indices, whatever the library's type says.
      const place = indices[group] as readonly [number, number] | undefined
      if (place === undefined) continue
      match[2 * group] = place[0]
      match[2 * group + 1] = place[1]
    }
    return match
  }

  /**
   * Adds the threads that wait at `pc` or behind its jumps, in order of priority, each instruction once for a position.
   * `visited` holds the position at which an instruction was last reached.
   */
  #follow(into: Thread[], pc: number, saved: Match, text: string, at: number, visited: Int32Array): void {
    const pending: Thread[] = [{ at: pc, saved }]
    while (pending.length > 0) {
      const thread = pending.pop()!
      if (visited[thread.at] === at) continue
      visited[thread.at] = at
      const instruction = this.#code[thread.at]!
      switch (instruction.op) {
        case 'jump':
          pending.push({ at: instruction.to, saved: thread.saved })
          break
        case 'split':
          pending.push({ at: instruction.second, saved: thread.saved })
          pending.push({ at: instruction.first, saved: thread.saved })
          break
        case 'save': {
          const slots = [...thread.saved]
          slots[instruction.slot] = at
          pending.push({ at: thread.at + 1, saved: slots })
          break
        }
        case 'assertion':
          if (holds(instruction.what, text, at)) pending.push({ at: thread.at + 1, saved: thread.saved })
          break
        default:
          into.push(thread)
      }
    }
  }

  #emit(instruction: Instruction): number {
    if (this.#code.length >= instructionsMax) {
      throw new PatternError(this.#pattern, 0, `too large: it unfolds to more than ${instructionsMax} steps`)
    }
    return this.#code.push(instruction) - 1
  }

  #tooManySteps(text: string): SqlRuntimeError {
    return new SqlRuntimeError(
      'ValueOutOfRange',
      `pattern '${this.#pattern.slice(0, 60)}' takes more than ${stepsMax} steps on a text of ${text.length} characters`,
    )
  }

  #compile(node: RegexNode): void {
    if (++this.#unfolded > unfoldedMax) {
      throw new PatternError(this.#pattern, 0, `too large: it unfolds to more than ${unfoldedMax} parts`)
    }
    switch (node.kind) {
      case 'characters':
        this.#emit({ op: 'characters', set: node.set })
        break
      case 'assertion':
        this.#emit({ op: 'assertion', what: node.what })
        break
      case 'sequence':
        for (const part of node.nodes) this.#compile(part)
        break
      case 'choice':
        this.#compileChoice(node.nodes)
        break
      case 'repeat':
        for (let i = 0; i < node.min; i++) this.#compile(node.node)
        if (node.max === Number.POSITIVE_INFINITY) this.#compileLoop(node.node, node.greedy)
        else this.#compileOptional(node.node, node.max - node.min, node.greedy)
        break
      case 'group':
        this.#slots = Math.max(this.#slots, node.index * 2 + 2)
        this.#emit({ op: 'save', slot: node.index * 2 })
        this.#compile(node.node)
        this.#emit({ op: 'save', slot: node.index * 2 + 1 })
        break
    }
  }

  #compileChoice(nodes: readonly RegexNode[]): void {
    const jumps: { op: 'jump'; to: number }[] = []
    nodes.forEach((node, i) => {
      if (i === nodes.length - 1) {
        this.#compile(node)
        return
      }
      const split = { op: 'split' as const, first: this.#code.length + 1, second: 0 }
      this.#emit(split)
      this.#compile(node)
      const jump = { op: 'jump' as const, to: 0 }
      this.#emit(jump)
      jumps.push(jump)
      split.second = this.#code.length
    })
    for (const jump of jumps) jump.to = this.#code.length
  }

  #compileLoop(node: RegexNode, greedy: boolean): void {
    const split = { op: 'split' as const, first: 0, second: 0 }
    const start = this.#emit(split)
    this.#compile(node)
    this.#emit({ op: 'jump', to: start })
    setTargets(split, start + 1, this.#code.length, greedy)
  }

  #compileOptional(node: RegexNode, count: number, greedy: boolean): void {
    const splits: { split: { op: 'split'; first: number; second: number }; at: number }[] = []
    for (let i = 0; i < count; i++) {
      const split = { op: 'split' as const, first: 0, second: 0 }
      splits.push({ split, at: this.#emit(split) })
      this.#compile(node)
    }
    for (const { split, at } of splits) setTargets(split, at + 1, this.#code.length, greedy)
  }
}

function setTargets(
  split: { first: number; second: number },
  inside: number,
  past: number,
  greedy: boolean,
): void {
  split.first = greedy ? inside : past
  split.second = greedy ? past : inside
}

function holds(what: Assertion, text: string, at: number): boolean {
  switch (what) {
    case 'start':
      return at === 0
    case 'end':
      return at === text.length
    case 'word-boundary':
      return isWord(text, at - 1) !== isWord(text, at)
    case 'no-word-boundary':
      return isWord(text, at - 1) === isWord(text, at)
  }
}

function isWord(text: string, at: number): boolean {
  return at >= 0 && at < text.length && inSet({ ranges: wordCharacters, negated: false }, text.charCodeAt(at))
}
