/** The tree of a jq program. `at` is where a node begins in the text, for messages and $__loc__. */
import type { Json } from './jq-value.ts'

export type Node =
  | { readonly kind: 'identity' }
  | { readonly kind: 'literal'; readonly value: Json }
  /** `of[key]`, `.name` and `."text"`. Optional, by a question mark behind it: an access that fails has no result. */
  | { readonly kind: 'index'; readonly of: Node; readonly key: Node; readonly isOptional: boolean }
  | {
      readonly kind: 'slice'
      readonly of: Node
      readonly from: Node
      readonly to: Node
      readonly isOptional: boolean
    }
  | { readonly kind: 'each'; readonly of: Node; readonly isOptional: boolean }
  | { readonly kind: 'try'; readonly body: Node; readonly handler: Node | undefined }
  | { readonly kind: 'pipe'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'comma'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'alternative'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'logic'; readonly op: 'and' | 'or'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly left: Node; readonly right: Node }
  | { readonly kind: 'negate'; readonly body: Node }
  | { readonly kind: 'assign'; readonly op: AssignOp; readonly left: Node; readonly right: Node }
  | { readonly kind: 'array'; readonly body: Node | undefined }
  | { readonly kind: 'object'; readonly entries: readonly ObjectEntry[] }
  /** Text with holes; the format writes what comes out of the holes. */
  | { readonly kind: 'text'; readonly format: string; readonly parts: readonly (string | Node)[] }
  | { readonly kind: 'format'; readonly name: string }
  | { readonly kind: 'if'; readonly condition: Node; readonly then: Node; readonly otherwise: Node }
  | {
      readonly kind: 'reduce'
      readonly source: Node
      readonly pattern: Pattern
      readonly init: Node
      readonly update: Node
    }
  | {
      readonly kind: 'foreach'
      readonly source: Node
      readonly pattern: Pattern
      readonly init: Node
      readonly update: Node
      readonly extract: Node
    }
  | { readonly kind: 'bind'; readonly source: Node; readonly pattern: Pattern; readonly body: Node }
  | { readonly kind: 'variable'; readonly name: string; readonly at: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[]; readonly at: number }
  | { readonly kind: 'define'; readonly definition: Definition; readonly rest: Node }
  | { readonly kind: 'label'; readonly name: string; readonly body: Node }
  | { readonly kind: 'break'; readonly name: string; readonly at: number }

export type BinaryOp = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>='
export type AssignOp = '=' | '|=' | '+=' | '-=' | '*=' | '/=' | '%=' | '//='

export interface ObjectEntry {
  readonly key: Node
  readonly value: Node
  /** Where the value stands in the text; for a key without one (`{a}`) the key's place. */
  readonly from: number
  readonly to: number
}

export type Pattern =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'array'; readonly items: readonly Pattern[] }
  | { readonly kind: 'object'; readonly entries: readonly PatternEntry[] }

export interface PatternEntry {
  readonly key: Node
  /** `$name` as a key binds the value itself, too. */
  readonly variable: string | undefined
  readonly pattern: Pattern | undefined
}

export interface Definition {
  readonly name: string
  /** Names of filters; `$name` in the text is a filter whose values the body binds first. */
  readonly params: readonly string[]
  readonly body: Node
}

export const identity: Node = { kind: 'identity' }

export function literalNode(value: Json): Node {
  return { kind: 'literal', value }
}

export function callNode(name: string, ...args: Node[]): Node {
  return { kind: 'call', name, args, at: 0 }
}
