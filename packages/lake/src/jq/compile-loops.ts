/** `as`, `reduce` and `foreach`: values bound to patterns of variables. */
import { getKey } from './access.ts'
import type { Json } from './jq-value.ts'
import { bindValue, type Env, type Filter, type Machine, type Path, valueFilter } from './machine.ts'
import { type Scope, withName } from './scope.ts'
import type { Node, Pattern } from './syntax.ts'

type Compile = (node: Node, scope: Scope) => Filter

/** Calls `out` with the environment in which the pattern's variables are bound, once for each way to bind them. */
type Binder = (value: Json, input: Json, env: Env, machine: Machine, out: (env: Env) => void) => void

export function compileBind(compile: Compile, node: Node & { kind: 'bind' }, scope: Scope): Filter {
  const source = compile(node.source, scope)
  const { bind, scope: inner } = compilePattern(compile, node.pattern, scope)
  const body = compile(node.body, inner)
  return {
    run: (input, env, machine, out) =>
      source.run(input, env, machine, (value) =>
        bind(value, input, env, machine, (own) => body.run(input, own, machine, out)),
      ),
    paths: (path, input, env, machine, out) =>
      source.run(input, env, machine, (value) =>
        bind(value, input, env, machine, (own) => body.paths(path, input, own, machine, out)),
      ),
  }
}

/** The last result of an update is the next state; without one the state is null. */
export function compileReduce(compile: Compile, node: Node & { kind: 'reduce' }, scope: Scope): Filter {
  const source = compile(node.source, scope)
  const init = compile(node.init, scope)
  const { bind, scope: inner } = compilePattern(compile, node.pattern, scope)
  const update = compile(node.update, inner)
  return {
    run: (input, env, machine, out) =>
      init.run(input, env, machine, (first) => {
        let state = first
        source.run(input, env, machine, (value) =>
          bind(value, input, env, machine, (own) => {
            const before = state
            state = null
            update.run(before, own, machine, (next) => {
              state = next
            })
          }),
        )
        out(state)
      }),
    paths: (path, input, env, machine, out) =>
      init.paths(path, input, env, machine, (firstPath, first) => {
        let state: { path: Path; value: Json } = { path: firstPath, value: first }
        source.run(input, env, machine, (value) =>
          bind(value, input, env, machine, (own) => {
            const before = state
            state = { path: 'lost', value: null }
            update.paths(before.path, before.value, own, machine, (nextPath, next) => {
              state = { path: nextPath, value: next }
            })
          }),
        )
        out(state.path, state.value)
      }),
  }
}

/** Each result of an update is handed on through the last part, and is the next state; without one the state is null. */
export function compileForeach(compile: Compile, node: Node & { kind: 'foreach' }, scope: Scope): Filter {
  const source = compile(node.source, scope)
  const init = compile(node.init, scope)
  const { bind, scope: inner } = compilePattern(compile, node.pattern, scope)
  const update = compile(node.update, inner)
  const extract = compile(node.extract, inner)
  return valueFilter((input, env, machine, out) =>
    init.run(input, env, machine, (first) => {
      let state = first
      source.run(input, env, machine, (value) =>
        bind(value, input, env, machine, (own) => {
          const before = state
          state = null
          update.run(before, own, machine, (next) => {
            state = next
            extract.run(next, own, machine, out)
          })
        }),
      )
    }),
  )
}

function compilePattern(compile: Compile, pattern: Pattern, scope: Scope): { bind: Binder; scope: Scope } {
  switch (pattern.kind) {
    case 'variable':
      return {
        bind: (value, _input, env, _machine, out) => out(bindValue(value, env)),
        scope: withName('variable', pattern.name, scope),
      }
    case 'array': {
      let at = scope
      const items = pattern.items.map((item) => {
        const compiled = compilePattern(compile, item, at)
        at = compiled.scope
        return compiled.bind
      })
      const bindFrom = (index: number): Binder => {
        const item = items[index]
        if (item === undefined) return (_value, _input, env, _machine, out) => out(env)
        const rest = bindFrom(index + 1)
        return (value, input, env, machine, out) =>
          item(getKey(value, index, machine), input, env, machine, (own) =>
            rest(value, input, own, machine, out),
          )
      }
      return { bind: bindFrom(0), scope: at }
    }
    case 'object': {
      let at = scope
      const parts: Binder[] = []
      for (const entry of pattern.entries) {
        const key = compile(entry.key, at)
        if (entry.variable !== undefined) at = withName('variable', entry.variable, at)
        const isBound = entry.variable !== undefined
        const inner = entry.pattern === undefined ? undefined : compilePattern(compile, entry.pattern, at)
        if (inner !== undefined) at = inner.scope
        parts.push((value, input, env, machine, out) =>
          key.run(input, env, machine, (name) => {
            const found = getKey(value, name, machine)
            const own = isBound ? bindValue(found, env) : env
            if (inner === undefined) out(own)
            else inner.bind(found, input, own, machine, out)
          }),
        )
      }
      const bindFrom = (index: number): Binder => {
        const part = parts[index]
        if (part === undefined) return (_value, _input, env, _machine, out) => out(env)
        const rest = bindFrom(index + 1)
        return (value, input, env, machine, out) =>
          part(value, input, env, machine, (own) => rest(value, input, own, machine, out))
      }
      return { bind: bindFrom(0), scope: at }
    }
  }
}
