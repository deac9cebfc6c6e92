/**
 * How compiled queries run. A filter gets a value and calls `out` for each result, at once and in order; what `out` does is what
 * comes next in the query, so that backtracking is nothing but returning. A second form of each filter hands out the path of
 * each result too, for `path`, `del` and the assignments.
 *
 * Every filter spends a step, and values cost steps by their size, so that no query runs or grows without end.
 */
import { JqFailure, JqLimit, shown } from './jq-error.ts'
import type { Json } from './jq-value.ts'

export interface Filter {
  run(input: Json, env: Env, machine: Machine, out: Out): void
  paths(path: Path, input: Json, env: Env, machine: Machine, out: PathOut): void
}

export type Out = (value: Json) => void
export type PathOut = (path: Path, value: Json) => void

/** What names mean: bound innermost first. How far out a name stands is known when a query is compiled. */
export interface Env {
  readonly value: Json
  /** Of a filter given as an argument. */
  readonly closure: Closure | undefined
  readonly up: Env | undefined
}

export interface Closure {
  readonly filter: Filter
  readonly env: Env
}

/** Keys from the root; `lost` where a value was computed and stands nowhere. */
export type Path = PathStep | 'root' | 'lost'

export interface PathStep {
  readonly up: PathStep | 'root'
  readonly key: Json
}

/** A built-in function of its input and the values of its arguments. */
export type NativeFunction = (input: Json, args: readonly Json[], machine: Machine) => Json

export const rootEnv: Env = { value: null, closure: undefined, up: undefined }

export function bindValue(value: Json, up: Env): Env {
  return { value, closure: undefined, up }
}

/** The environment `hops` further out. */
export function envAt(env: Env, hops: number): Env {
  let at = env
  // The compiler counted the hops in the scope that this environment was made by.
  for (let i = 0; i < hops; i++) at = at.up!
  return at
}

/** Error (of the query): the value does not stand anywhere in the input. */
export function stepInto(path: Path, value: Json, key: Json): PathStep {
  if (path === 'lost') throw new JqFailure(`Invalid path expression with result ${cut(value)}`)
  return { up: path, key }
}

/** The keys of a path as an array. */
export function pathKeys(path: Path, value: Json): Json[] {
  if (path === 'lost') throw new JqFailure(`Invalid path expression with result ${cut(value)}`)
  const keys: Json[] = []
  for (let at: PathStep | 'root' = path; at !== 'root'; at = at.up) keys.push(at.key)
  return keys.reverse()
}

function cut(value: Json): string {
  const text = shown(value)
  return text.slice(text.indexOf('(') + 1, -1)
}

export class Machine {
  readonly now: number
  #left: number
  readonly #max: number

  /** `now`: ms since the epoch. */
  constructor({ now, stepsMax }: { now: number; stepsMax: number }) {
    this.now = now
    this.#left = stepsMax
    this.#max = stepsMax
  }

  /** Throws JqLimit once the steps of the query are used up. */
  readonly spend = (steps: number): void => {
    this.#left -= steps
    if (this.#left < 0) throw new JqLimit(`the query takes more than ${this.#max} steps`)
  }

  get left(): number {
    return this.#left
  }
}

/** A filter whose results stand nowhere in the input. */
export function valueFilter(run: Filter['run']): Filter {
  return {
    run,
    paths: (_path, input, env, machine, out) => run(input, env, machine, (value) => out('lost', value)),
  }
}
