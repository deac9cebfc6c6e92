/** The filters that nodes of the tree compile to, from the filters of their parts. */
import { eachOf } from './access.ts'
import type { Operation } from './arithmetic.ts'
import { JqBreak, JqFailure, shown } from './jq-error.ts'
import { isTrue, type Json } from './jq-value.ts'
import type { NativeFunction } from './machine.ts'
import {
  bindValue,
  type Closure,
  type Env,
  envAt,
  type Filter,
  type Machine,
  stepInto,
  valueFilter,
} from './machine.ts'

export const identityFilter: Filter = {
  run: (input, _env, machine, out) => {
    machine.spend(1)
    out(input)
  },
  paths: (path, input, _env, machine, out) => {
    machine.spend(1)
    out(path, input)
  },
}

export function deferred(filter: () => Filter): Filter {
  return {
    run: (input, env, machine, out) => filter().run(input, env, machine, out),
    paths: (path, input, env, machine, out) => filter().paths(path, input, env, machine, out),
  }
}

export function constant(value: Json): Filter {
  return valueFilter((_input, _env, machine, out) => {
    machine.spend(1)
    out(value)
  })
}

export function pipe(left: Filter, right: Filter): Filter {
  return {
    run: (input, env, machine, out) =>
      left.run(input, env, machine, (value) => right.run(value, env, machine, out)),
    paths: (path, input, env, machine, out) =>
      left.paths(path, input, env, machine, (inner, value) => right.paths(inner, value, env, machine, out)),
  }
}

export function comma(left: Filter, right: Filter): Filter {
  return {
    run(input, env, machine, out) {
      left.run(input, env, machine, out)
      right.run(input, env, machine, out)
    },
    paths(path, input, env, machine, out) {
      left.paths(path, input, env, machine, out)
      right.paths(path, input, env, machine, out)
    },
  }
}

/** One step into a value. Optional: where the value has no such part there is no result. */
export function access(
  isOptional: boolean,
  get: (value: Json, machine: Machine) => Json,
  key: () => Json,
): Filter {
  const read = (value: Json, machine: Machine): { value: Json } | undefined => {
    machine.spend(1)
    if (!isOptional) return { value: get(value, machine) }
    try {
      return { value: get(value, machine) }
    } catch (error) {
      if (error instanceof JqFailure) return undefined
      throw error
    }
  }
  return {
    run(input, _env, machine, out) {
      const found = read(input, machine)
      if (found !== undefined) out(found.value)
    },
    paths(path, input, _env, machine, out) {
      const inner = stepInto(path, input, key())
      const found = read(input, machine)
      if (found !== undefined) out(inner, found.value)
    },
  }
}

export function each(of: Filter, isOptional: boolean): Filter {
  const hasNone = (value: Json) => isOptional && (typeof value !== 'object' || value === null)
  return {
    run: (input, env, machine, out) =>
      of.run(input, env, machine, (value) => {
        if (!hasNone(value)) eachOf(value, machine, (_key, item) => out(item))
      }),
    paths: (path, input, env, machine, out) =>
      of.paths(path, input, env, machine, (inner, value) => {
        if (!hasNone(value)) eachOf(value, machine, (key, item) => out(stepInto(inner, value, key), item))
      }),
  }
}

/** Errors of the body alone are caught: what comes after a result is outside. */
export function attempt(body: Filter, handler: Filter | undefined): Filter {
  return {
    run(input, env, machine, out) {
      guarded(
        (shield) => body.run(input, env, machine, (value) => shield(() => out(value))),
        (failure) => handler?.run(failure.value, env, machine, out),
      )
    },
    paths(path, input, env, machine, out) {
      guarded(
        (shield) => body.paths(path, input, env, machine, (inner, value) => shield(() => out(inner, value))),
        (failure) => handler?.paths('lost', failure.value, env, machine, out),
      )
    },
  }
}

/** Runs an action; what it does inside of `shield` may fail without being caught here. */
function guarded(
  action: (shield: (inner: () => void) => void) => void,
  onFailure: (failure: JqFailure) => void,
): void {
  let outside: unknown
  const shield = (inner: () => void) => {
    try {
      inner()
    } catch (error) {
      outside = error
      throw error
    }
  }
  try {
    action(shield)
  } catch (error) {
    if (!(error instanceof JqFailure) || error === outside) throw error
    onFailure(error)
  }
}

/** All true results of the left; without any, those of the right. Errors of the left are errors, as in jq 1.6. */
export function alternative(left: Filter, right: Filter): Filter {
  return {
    run(input, env, machine, out) {
      let found = false
      left.run(input, env, machine, (value) => {
        if (!isTrue(value)) return
        found = true
        out(value)
      })
      if (!found) right.run(input, env, machine, out)
    },
    paths(path, input, env, machine, out) {
      let found = false
      left.paths(path, input, env, machine, (inner, value) => {
        if (!isTrue(value)) return
        found = true
        out(inner, value)
      })
      if (!found) right.paths(path, input, env, machine, out)
    },
  }
}

export function logic(op: 'and' | 'or', left: Filter, right: Filter): Filter {
  const decisive = op === 'or'
  return valueFilter((input, env, machine, out) =>
    left.run(input, env, machine, (value) => {
      if (isTrue(value) === decisive) out(decisive)
      else right.run(input, env, machine, (other) => out(isTrue(other)))
    }),
  )
}

/** The right side varies slowest. */
export function binary(operation: Operation, left: Filter, right: Filter): Filter {
  return valueFilter((input, env, machine, out) =>
    right.run(input, env, machine, (b) =>
      left.run(input, env, machine, (a) => {
        machine.spend(1)
        out(operation(a, b, machine))
      }),
    ),
  )
}

export function negate(body: Filter): Filter {
  return valueFilter((input, env, machine, out) =>
    body.run(input, env, machine, (value) => {
      if (typeof value !== 'number') throw new JqFailure(`${shown(value)} cannot be negated`)
      out(-value)
    }),
  )
}

export function collect(body: Filter): Filter {
  return valueFilter((input, env, machine, out) => {
    const items: Json[] = []
    body.run(input, env, machine, (value) => {
      machine.spend(1)
      items.push(value)
    })
    out(items)
  })
}

export function choose(condition: Filter, then: Filter, otherwise: Filter): Filter {
  return {
    run: (input, env, machine, out) =>
      condition.run(input, env, machine, (value) =>
        (isTrue(value) ? then : otherwise).run(input, env, machine, out),
      ),
    paths: (path, input, env, machine, out) =>
      condition.run(input, env, machine, (value) =>
        (isTrue(value) ? then : otherwise).paths(path, input, env, machine, out),
      ),
  }
}

/** The label is the environment that was made for it. */
export function label(body: Filter): Filter {
  const until = (env: Env, action: (own: Env) => void) => {
    const own = bindValue(null, env)
    try {
      action(own)
    } catch (error) {
      if (!(error instanceof JqBreak) || error.label !== own) throw error
    }
  }
  return {
    run: (input, env, machine, out) => until(env, (own) => body.run(input, own, machine, out)),
    paths: (path, input, env, machine, out) =>
      until(env, (own) => body.paths(path, input, own, machine, out)),
  }
}

export function callClosure(hops: number): Filter {
  // The scope says that a filter stands there.
  const closureAt = (env: Env): Closure => envAt(env, hops).closure!
  return {
    run(input, env, machine, out) {
      machine.spend(1)
      const { filter, env: own } = closureAt(env)
      filter.run(input, own, machine, out)
    },
    paths(path, input, env, machine, out) {
      machine.spend(1)
      const { filter, env: own } = closureAt(env)
      filter.paths(path, input, own, machine, out)
    },
  }
}

/** With the values of its arguments; the last argument varies slowest. */
export function callNative(native: NativeFunction, args: readonly Filter[]): Filter {
  return valueFilter((input, env, machine, out) => {
    const values: Json[] = new Array<Json>(args.length).fill(null)
    const fill = (index: number): void => {
      const arg = args[index]
      if (arg === undefined) {
        machine.spend(1)
        out(native(input, values, machine))
        return
      }
      arg.run(input, env, machine, (value) => {
        values[index] = value
        fill(index - 1)
      })
    }
    fill(args.length - 1)
  })
}
