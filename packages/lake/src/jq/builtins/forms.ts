/**
 * Built-in functions that are more than a function of values: those that have any number of results, that evaluate their arguments
 * themselves, or whose results have paths. By `name/arity`.
 */
import { eachOf, getPath } from '../access.ts'
import { firstOf } from '../assign.ts'
import { constant } from '../filters.ts'
import { JqBreak, JqFailure, shown } from '../jq-error.ts'
import { isArray, isTrue, type Json, typeName } from '../jq-value.ts'
import {
  bindValue,
  type Env,
  type Filter,
  type Machine,
  type Path,
  pathKeys,
  stepInto,
  valueFilter,
} from '../machine.ts'

import { replacements } from './regex.ts'

export type FormMaker = (args: readonly Filter[]) => Filter

export const forms: Readonly<Record<string, FormMaker>> = {
  'null/0': () => constant(null),
  'true/0': () => constant(true),
  'false/0': () => constant(false),
  'empty/0': () => ({ run: () => {}, paths: () => {} }),
  'error/0': () =>
    valueFilter((input) => {
      throw new JqFailure(input)
    }),
  'error/1': one((message) =>
    valueFilter((input, env, machine) =>
      message.run(input, env, machine, (value) => {
        throw new JqFailure(value)
      }),
    ),
  ),
  'select/1': one(select),
  'recurse/0': () => recurseDefault,
  'recurse/1': one(recurse),
  'path/1': one((filter) =>
    valueFilter((input, env, machine, out) =>
      filter.paths('root', input, env, machine, (path, value) => out(pathKeys(path, value))),
    ),
  ),
  'getpath/1': one(getPathForm),
  'first/1': one((filter) => limited(constant(1), filter)),
  'limit/2': ([count, filter]) => limited(must(count), must(filter)),
  'isempty/1': one((filter) =>
    valueFilter((input, env, machine, out) => out(firstOf(filter, input, env, machine) === undefined)),
  ),
  'sub/3': ([pattern, text, flags]) => substitute(must(pattern), must(text), must(flags)),
  'range/1': one((end) =>
    valueFilter((input, env, machine, out) =>
      end.run(input, env, machine, (to) => countUp(0, to, machine, out)),
    ),
  ),
  'range/2': ([start, end]) =>
    valueFilter((input, env, machine, out) =>
      must(start).run(input, env, machine, (from) =>
        must(end).run(input, env, machine, (to) => countUp(from, to, machine, out)),
      ),
    ),
  'range/3': ([start, end, step]) =>
    valueFilter((input, env, machine, out) =>
      must(start).run(input, env, machine, (from) =>
        must(end).run(input, env, machine, (to) =>
          must(step).run(input, env, machine, (by) => count(from, to, by, machine, out)),
        ),
      ),
    ),
}

/** Replacements with several results give several texts; the first match's vary fastest. */
function substitute(pattern: Filter, text: Filter, flags: Filter): Filter {
  return valueFilter((input, env, machine, out) =>
    flags.run(input, env, machine, (letters) =>
      pattern.run(input, env, machine, (expression) => {
        const { text: whole, matches } = replacements(input, expression, letters, machine)
        const choices = matches.map(({ captures }) => {
          const found: string[] = []
          text.run(captures, env, machine, (value) => {
            if (typeof value !== 'string')
              throw new JqFailure(`${shown(captures)} cannot be added to a string`)
            found.push(value)
          })
          return found
        })
        if (choices.some((found) => found.length === 0)) return
        const chosen = choices.map(() => 0)
        for (;;) {
          let result = ''
          let from = 0
          matches.forEach(({ start, end }, i) => {
            // Chosen among what was found.
            result += whole.slice(from, start) + choices[i]![chosen[i]!]!
            from = end
          })
          result += whole.slice(from)
          machine.spend(matches.length + (result.length >> 4))
          out(result)
          const next = chosen.findIndex((index, i) => index + 1 < choices[i]!.length)
          if (next < 0) return
          chosen.fill(0, 0, next)
          chosen[next]!++
        }
      }),
    ),
  )
}

function one(make: (arg: Filter) => Filter): FormMaker {
  return ([arg]) => make(must(arg))
}

/** Forms get as many arguments as their signature says. */
function must(arg: Filter | undefined): Filter {
  if (arg === undefined) throw new Error('an argument is missing')
  return arg
}

function select(condition: Filter): Filter {
  return {
    run: (input, env, machine, out) =>
      condition.run(input, env, machine, (value) => {
        machine.spend(1)
        if (isTrue(value)) out(input)
      }),
    paths: (path, input, env, machine, out) =>
      condition.run(input, env, machine, (value) => {
        machine.spend(1)
        if (isTrue(value)) out(path, input)
      }),
  }
}

function recurse(next: Filter): Filter {
  const run = (input: Json, env: Env, machine: Machine, out: (value: Json) => void): void => {
    machine.spend(1)
    out(input)
    next.run(input, env, machine, (value) => run(value, env, machine, out))
  }
  const paths = (
    path: Path,
    input: Json,
    env: Env,
    machine: Machine,
    out: (path: Path, value: Json) => void,
  ): void => {
    machine.spend(1)
    out(path, input)
    next.paths(path, input, env, machine, (inner, value) => paths(inner, value, env, machine, out))
  }
  return { run, paths }
}

/** Everything below a value, itself first. */
const recurseDefault = recurse({
  run(input, _env, machine, out) {
    if (typeof input === 'object' && input !== null) eachOf(input, machine, (_key, value) => out(value))
  },
  paths(path, input, _env, machine, out) {
    if (typeof input === 'object' && input !== null) {
      eachOf(input, machine, (key, value) => out(stepInto(path, input, key), value))
    }
  },
})

function getPathForm(keys: Filter): Filter {
  const checked = (value: Json): readonly Json[] => {
    if (!isArray(value)) throw new JqFailure('Path must be specified as an array')
    return value
  }
  return {
    run: (input, env, machine, out) =>
      keys.run(input, env, machine, (value) => {
        machine.spend(1)
        out(getPath(input, checked(value), machine))
      }),
    paths: (path, input, env, machine, out) =>
      keys.run(input, env, machine, (value) => {
        let at = path
        for (const key of checked(value)) at = stepInto(at, input, key)
        out(at, getPath(input, checked(value), machine))
      }),
  }
}

/** The first results. A label of its own ends the filter once there are enough. */
function limited(counts: Filter, filter: Filter): Filter {
  const cut = (value: Json, env: Env, action: (count: () => void) => void): void => {
    if (typeof value !== 'number') throw new JqFailure(`limit is a number, not ${typeName(value)}`)
    if (value <= 0) return
    let seen = 0
    const label = bindValue(null, env)
    try {
      action(() => {
        seen++
        if (seen >= value) throw new JqBreak(label)
      })
    } catch (error) {
      if (!(error instanceof JqBreak) || error.label !== label) throw error
    }
  }
  return {
    run: (input, env, machine, out) =>
      counts.run(input, env, machine, (value) => {
        machine.spend(1)
        cut(value, env, (counted) =>
          filter.run(input, env, machine, (result) => {
            out(result)
            counted()
          }),
        )
      }),
    paths: (path, input, env, machine, out) =>
      counts.run(input, env, machine, (value) => {
        machine.spend(1)
        cut(value, env, (counted) =>
          filter.paths(path, input, env, machine, (inner, result) => {
            out(inner, result)
            counted()
          }),
        )
      }),
  }
}

/** Up to nan there is no end, as jq asks, but that of the steps. */
function countUp(from: Json, to: Json, machine: Machine, out: (value: Json) => void): void {
  if (typeof from !== 'number' || typeof to !== 'number') throw new JqFailure('Range bounds must be numeric')
  for (let at = from; !(at >= to); at++) {
    machine.spend(1)
    out(at)
  }
}

function count(from: Json, to: Json, by: Json, machine: Machine, out: (value: Json) => void): void {
  if (typeof from !== 'number' || typeof to !== 'number' || typeof by !== 'number') {
    throw new JqFailure('Range bounds must be numeric')
  }
  if (by > 0) {
    for (let at = from; at < to; at += by) {
      machine.spend(1)
      out(at)
    }
  } else if (by < 0) {
    for (let at = from; at > to; at += by) {
      machine.spend(1)
      out(at)
    }
  } else if (from < to) {
    throw new JqFailure('range by 0 has no end')
  }
}
