/** `=`, `|=` and `+= -= *= /= %= //=`: values put at the paths that the left side names. */
import { deletePaths, getPath, setPath } from './access.ts'
import { type Operation, operations } from './arithmetic.ts'
import { isTrue, type Json } from './jq-value.ts'
import { type Env, type Filter, type Machine, pathKeys, valueFilter } from './machine.ts'
import type { AssignOp, BinaryOp } from './syntax.ts'

export function compileAssignment(op: AssignOp, left: Filter, right: Filter): Filter {
  if (op === '|=') {
    return valueFilter((input, env, machine, out) => {
      let state = input
      // Without a result of the update its place is taken out, after the paths were found in the input.
      for (const keys of pathsOf(left, input, env, machine)) {
        const next = firstOf(right, getPath(state, keys, machine), env, machine)
        state =
          next === undefined
            ? deletePaths(state, [keys], machine)
            : setPath(state, keys, 0, next.value, machine)
      }
      out(state)
    })
  }
  const combine = op === '=' ? (_old: Json, value: Json) => value : combination(op)
  return valueFilter((input, env, machine, out) =>
    right.run(input, env, machine, (value) => {
      let state = input
      for (const keys of pathsOf(left, input, env, machine)) {
        const next = op === '=' ? value : combine(getPath(state, keys, machine), value, machine)
        state = setPath(state, keys, 0, next, machine)
      }
      out(state)
    }),
  )
}

function combination(op: Exclude<AssignOp, '=' | '|='>): Operation {
  if (op === '//=') return (old, value) => (isTrue(old) ? old : value)
  // What is left before the `=` are the operators of arithmetic.
  return operations[op.slice(0, -1) as BinaryOp]
}

export function pathsOf(filter: Filter, input: Json, env: Env, machine: Machine): Json[][] {
  const found: Json[][] = []
  filter.paths('root', input, env, machine, (path, value) => {
    machine.spend(1)
    found.push(pathKeys(path, value))
  })
  return found
}

/** A result, if there is one; what comes after it is not computed. */
export function firstOf(
  filter: Filter,
  input: Json,
  env: Env,
  machine: Machine,
): { value: Json } | undefined {
  let found: { value: Json } | undefined
  try {
    filter.run(input, env, machine, (value) => {
      found = { value }
      throw stop
    })
  } catch (error) {
    if (error !== stop) throw error
  }
  return found
}

/** Thrown through the filter by its own consumer; filters catch nothing that comes from there. */
const stop = new Error('stop')
