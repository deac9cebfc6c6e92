/** What names mean while a query is compiled: a chain, innermost first. All but functions have a place in the environment. */
import type { Filter } from './machine.ts'
import type { Definition } from './syntax.ts'

export type Scope = ScopeEntry | undefined

export type ScopeEntry =
  | {
      readonly kind: 'variable' | 'closure' | 'label'
      readonly name: string
      readonly up: Scope
      readonly depth: number
    }
  | { readonly kind: 'function'; readonly fn: FunctionEntry; readonly up: Scope; readonly depth: number }

/** A defined function; its body is compiled once, when it is first called. */
export interface FunctionEntry {
  readonly definition: Definition
  /** Scope of the body but for the parameters: the function itself is in it. */
  scope: Scope
  filter: Filter | undefined
}

/** Places of the environment up to here. */
export function depthOf(scope: Scope): number {
  return scope === undefined ? 0 : scope.depth
}

export function withName(kind: 'variable' | 'closure' | 'label', name: string, up: Scope): ScopeEntry {
  return { kind, name, up, depth: depthOf(up) + 1 }
}

export function withFunction(definition: Definition, up: Scope): ScopeEntry {
  const fn: FunctionEntry = { definition, scope: undefined, filter: undefined }
  const entry: ScopeEntry = { kind: 'function', fn, up, depth: depthOf(up) }
  fn.scope = entry
  return entry
}

/** The innermost entry of the name; `hops` from here to its place in the environment. */
export function findName(
  scope: Scope,
  kind: 'variable' | 'label',
  name: string,
): { readonly hops: number } | undefined {
  for (let at = scope; at !== undefined; at = at.up) {
    if (at.kind === kind && at.name === name) return { hops: depthOf(scope) - at.depth }
  }
  return undefined
}

export type Callee =
  | { readonly kind: 'closure'; readonly hops: number }
  | { readonly kind: 'function'; readonly fn: FunctionEntry; readonly hops: number }

export function findCallee(scope: Scope, name: string, arity: number): Callee | undefined {
  for (let at = scope; at !== undefined; at = at.up) {
    const hops = depthOf(scope) - at.depth
    if (at.kind === 'closure' && arity === 0 && at.name === name) return { kind: 'closure', hops }
    if (
      at.kind === 'function' &&
      at.fn.definition.name === name &&
      at.fn.definition.params.length === arity
    ) {
      return { kind: 'function', fn: at.fn, hops }
    }
  }
  return undefined
}

/** Names that could be called here, as `name/arity`. */
export function callableNames(scope: Scope): string[] {
  const names: string[] = []
  for (let at = scope; at !== undefined; at = at.up) {
    if (at.kind === 'closure') names.push(`${at.name}/0`)
    else if (at.kind === 'function') names.push(`${at.fn.definition.name}/${at.fn.definition.params.length}`)
  }
  return names
}
