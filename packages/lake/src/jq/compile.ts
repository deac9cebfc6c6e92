/**
 * Compiles the tree of a query to filters. Names are resolved here, so that running knows only how far out a value stands. The
 * order of results where several parts have several results is that of jq 1.6.
 */
import { didYouMean } from '@millrace/values'
import { getKey, slice } from './access.ts'
import { operations } from './arithmetic.ts'
import { compileAssignment } from './assign.ts'
import { formatText, isFormat } from './builtins/formats.ts'
import { type FormMaker, forms } from './builtins/forms.ts'
import { functions } from './builtins/functions.ts'
import { prelude, preludeSignatures } from './builtins/prelude.ts'
import { refused } from './builtins/refused.ts'
import { compileBind, compileForeach, compileReduce } from './compile-loops.ts'
import {
  access,
  alternative,
  attempt,
  binary,
  callClosure,
  callNative,
  choose,
  collect,
  comma,
  constant,
  deferred,
  each,
  identityFilter,
  label,
  logic,
  negate,
  pipe,
} from './filters.ts'
import { JqBreak, JqFailure, shown } from './jq-error.ts'
import { emptyObject, type Json } from './jq-value.ts'
import { type Env, envAt, type Filter, type NativeFunction, valueFilter } from './machine.ts'
import {
  callableNames,
  depthOf,
  type FunctionEntry,
  findCallee,
  findName,
  type Scope,
  withFunction,
  withName,
} from './scope.ts'
import type { Node, ObjectEntry } from './syntax.ts'
import { syntaxError } from './syntax-error.ts'

export class Compiler {
  readonly #text: string

  /** `text`: of the query, for messages. */
  constructor(text: string) {
    this.#text = text
  }

  readonly #part = (node: Node, scope: Scope): Filter => this.compile(node, scope)

  compile(node: Node, scope: Scope): Filter {
    switch (node.kind) {
      case 'identity':
        return identityFilter
      case 'literal':
        return constant(node.value)
      case 'index':
        return this.#index(node, scope)
      case 'slice':
        return this.#slice(node, scope)
      case 'each':
        return each(this.compile(node.of, scope), node.isOptional)
      case 'try':
        return attempt(
          this.compile(node.body, scope),
          node.handler === undefined ? undefined : this.compile(node.handler, scope),
        )
      case 'pipe':
        return pipe(this.compile(node.left, scope), this.compile(node.right, scope))
      case 'comma':
        return comma(this.compile(node.left, scope), this.compile(node.right, scope))
      case 'alternative':
        return alternative(this.compile(node.left, scope), this.compile(node.right, scope))
      case 'logic':
        return logic(node.op, this.compile(node.left, scope), this.compile(node.right, scope))
      case 'binary':
        return binary(operations[node.op], this.compile(node.left, scope), this.compile(node.right, scope))
      case 'negate':
        return negate(this.compile(node.body, scope))
      case 'assign':
        return compileAssignment(node.op, this.compile(node.left, scope), this.compile(node.right, scope))
      case 'array':
        return node.body === undefined ? constant([]) : collect(this.compile(node.body, scope))
      case 'object':
        return this.#object(node.entries, scope)
      case 'text':
        return this.#textWithHoles(node, scope)
      case 'format':
        return this.#format(node.name)
      case 'if':
        return choose(
          this.compile(node.condition, scope),
          this.compile(node.then, scope),
          this.compile(node.otherwise, scope),
        )
      case 'reduce':
        return compileReduce(this.#part, node, scope)
      case 'foreach':
        return compileForeach(this.#part, node, scope)
      case 'bind':
        return compileBind(this.#part, node, scope)
      case 'variable':
        return this.#variable(node, scope)
      case 'call':
        return this.#call(node, scope)
      case 'define':
        return this.compile(node.rest, withFunction(node.definition, scope))
      case 'label':
        return label(this.compile(node.body, withName('label', node.name, scope)))
      case 'break':
        return this.#break(node, scope)
    }
  }

  #index({ of, key, isOptional }: Node & { kind: 'index' }, scope: Scope): Filter {
    const base = this.compile(of, scope)
    if (key.kind === 'literal') {
      const known = key.value
      if (of.kind === 'identity') {
        return access(
          isOptional,
          (value, machine) => getKey(value, known, machine),
          () => known,
        )
      }
    }
    const keys = this.compile(key, scope)
    const step = (at: Json) =>
      access(
        isOptional,
        (value, machine) => getKey(value, at, machine),
        () => at,
      )
    return {
      run: (input, env, machine, out) =>
        keys.run(input, env, machine, (at) => pipe(base, step(at)).run(input, env, machine, out)),
      paths: (path, input, env, machine, out) =>
        keys.run(input, env, machine, (at) => pipe(base, step(at)).paths(path, input, env, machine, out)),
    }
  }

  #slice({ of, from, to, isOptional }: Node & { kind: 'slice' }, scope: Scope): Filter {
    const base = this.compile(of, scope)
    const start = this.compile(from, scope)
    const end = this.compile(to, scope)
    const step = (first: Json, last: Json) =>
      access(
        isOptional,
        (value, machine) => slice(value, first, last, machine),
        () => ({ start: first, end: last }),
      )
    return {
      run: (input, env, machine, out) =>
        end.run(input, env, machine, (last) =>
          start.run(input, env, machine, (first) =>
            pipe(base, step(first, last)).run(input, env, machine, out),
          ),
        ),
      paths: (path, input, env, machine, out) =>
        end.run(input, env, machine, (last) =>
          start.run(input, env, machine, (first) =>
            pipe(base, step(first, last)).paths(path, input, env, machine, out),
          ),
        ),
    }
  }

  #object(entries: readonly ObjectEntry[], scope: Scope): Filter {
    const parts = entries.map(({ key, value }) => ({
      key: this.compile(key, scope),
      value: this.compile(value, scope),
    }))
    return valueFilter((input, env, machine, out) => {
      const fill = (index: number, done: Record<string, Json>): void => {
        machine.spend(1)
        const part = parts[index]
        if (part === undefined) {
          out(done)
          return
        }
        part.key.run(input, env, machine, (key) => {
          if (typeof key !== 'string') {
            throw new JqFailure(`Object keys must be strings, but this one is ${shown(key)}`)
          }
          part.value.run(input, env, machine, (value) => {
            const next = Object.assign(emptyObject(), done)
            next[key] = value
            fill(index + 1, next)
          })
        })
      }
      fill(0, emptyObject())
    })
  }

  /** Later holes vary slowest. */
  #textWithHoles({ format, parts }: Node & { kind: 'text' }, scope: Scope): Filter {
    this.#checkFormat(format)
    const pieces = parts.map((part) => (typeof part === 'string' ? part : this.compile(part, scope)))
    return valueFilter((input, env, machine, out) => {
      const fill = (index: number, tail: string): void => {
        const piece = pieces[index]
        if (piece === undefined) {
          out(tail)
          return
        }
        if (typeof piece === 'string') {
          fill(index - 1, piece + tail)
          return
        }
        piece.run(input, env, machine, (value) => {
          const text = formatText(format, value, machine)
          machine.spend((text.length + tail.length) >> 4)
          fill(index - 1, text + tail)
        })
      }
      fill(pieces.length - 1, '')
    })
  }

  #format(name: string): Filter {
    this.#checkFormat(name)
    return valueFilter((input, _env, machine, out) => {
      machine.spend(1)
      out(formatText(name, input, machine))
    })
  }

  #checkFormat(name: string): void {
    if (!isFormat(name)) {
      throw syntaxError(this.#text, Math.max(0, this.#text.indexOf(name)), `there is no format ${name}`)
    }
  }

  #variable({ name, at }: Node & { kind: 'variable' }, scope: Scope): Filter {
    if (name === 'ENV') throw syntaxError(this.#text, at, refused('$ENV') ?? 'it is refused')
    const found = findName(scope, 'variable', name)
    if (found === undefined) throw syntaxError(this.#text, at, `$${name} is not defined`)
    const { hops } = found
    return valueFilter((_input, env, machine, out) => {
      machine.spend(1)
      out(envAt(env, hops).value)
    })
  }

  #break({ name, at }: Node & { kind: 'break' }, scope: Scope): Filter {
    const found = findName(scope, 'label', name)
    if (found === undefined) throw syntaxError(this.#text, at, `there is no label $${name}`)
    const { hops } = found
    return valueFilter((_input, env) => {
      throw new JqBreak(envAt(env, hops))
    })
  }

  #call({ name, args, at }: Node & { kind: 'call' }, scope: Scope): Filter {
    const callee = findCallee(scope, name, args.length)
    if (callee?.kind === 'closure') return callClosure(callee.hops)
    if (callee?.kind === 'function') return this.#callFunction(callee.fn, callee.hops, args, scope)
    const signature = `${name}/${args.length}`
    const form: FormMaker | undefined = forms[signature]
    if (form !== undefined) return form(args.map((arg) => this.compile(arg, scope)))
    const native: NativeFunction | undefined = functions[signature]
    if (native !== undefined) {
      return callNative(
        native,
        args.map((arg) => this.compile(arg, scope)),
      )
    }
    const built = prelude(signature)
    // Definitions of the prelude stand in no scope, whatever stands around the call.
    if (built !== undefined) return this.#callFunction(built, depthOf(scope), args, scope)
    throw syntaxError(this.#text, at, this.#unknown(name, args.length, scope))
  }

  #unknown(name: string, arity: number, scope: Scope): string {
    const reason = refused(`${name}/${arity}`)
    if (reason !== undefined) return reason
    const known = [
      ...Object.keys(forms),
      ...Object.keys(functions),
      ...preludeSignatures(),
      ...callableNames(scope),
    ]
    const sameName = known
      .filter((signature) => signature.startsWith(`${name}/`))
      .map((signature) => signature.split('/')[1])
    if (sameName.length > 0) {
      return `${name} takes ${[...new Set(sameName)].sort().join(' or ')} arguments, not ${arity}`
    }
    const near = didYouMean(
      name,
      known
        .filter((signature) => !signature.startsWith('_'))
        .map((signature) => signature.split('/')[0] ?? ''),
    )
    return `there is no function ${name}/${arity}. ${near}`.trimEnd()
  }

  #callFunction(fn: FunctionEntry, hops: number, args: readonly Node[], scope: Scope): Filter {
    const filters = args.map((arg) => this.compile(arg, scope))
    const bodyEnv = (env: Env): Env => {
      let at = envAt(env, hops)
      for (const filter of filters) at = { value: null, closure: { filter, env }, up: at }
      return at
    }
    const bodyOf = (): Filter => {
      if (fn.filter === undefined) {
        let inner: Scope = fn.scope
        for (const param of fn.definition.params) inner = withName('closure', param, inner)
        // Set before the body is compiled: the body may call the function.
        const holder: { filter: Filter } = { filter: identityFilter }
        fn.filter = deferred(() => holder.filter)
        holder.filter = this.compile(fn.definition.body, inner)
      }
      return fn.filter
    }
    // Compiled now, so that mistakes in the body are found at creation.
    bodyOf()
    return {
      run(input, env, machine, out) {
        machine.spend(1)
        bodyOf().run(input, bodyEnv(env), machine, out)
      },
      paths(path, input, env, machine, out) {
        machine.spend(1)
        bodyOf().paths(path, input, bodyEnv(env), machine, out)
      },
    }
  }
}
