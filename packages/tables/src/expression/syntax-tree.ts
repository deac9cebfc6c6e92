/** Expressions as they are written: names and values are still placeholders. Every node knows its place in the text. */
import type { Span } from './token.ts'

export type PathPart =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'reference'; readonly reference: string }
  | { readonly kind: 'index'; readonly index: number }

export interface PathNode {
  readonly kind: 'path'
  readonly parts: readonly PathPart[]
  readonly span: Span
}

export interface ValueNode {
  readonly kind: 'value'
  readonly reference: string
  readonly span: Span
}

export interface CallNode {
  readonly kind: 'call'
  readonly name: string
  readonly operands: readonly OperandNode[]
  readonly span: Span
}

export type OperandNode = PathNode | ValueNode | CallNode

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='

export type ConditionNode =
  | CallNode
  | {
      readonly kind: 'comparison'
      readonly comparator: Comparator
      readonly operands: readonly [OperandNode, OperandNode]
      readonly span: Span
    }
  | {
      readonly kind: 'between'
      readonly operands: readonly [OperandNode, OperandNode, OperandNode]
      readonly span: Span
    }
  | { readonly kind: 'in'; readonly operands: readonly [OperandNode, ...OperandNode[]]; readonly span: Span }
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly ConditionNode[]; readonly span: Span }
  | { readonly kind: 'not'; readonly condition: ConditionNode; readonly span: Span }

export type SetValueNode =
  | OperandNode
  | {
      readonly kind: 'sum'
      readonly operator: '+' | '-'
      readonly operands: readonly [OperandNode, OperandNode]
      readonly span: Span
    }

export type ActionNode =
  | { readonly kind: 'set'; readonly path: PathNode; readonly value: SetValueNode }
  | { readonly kind: 'remove'; readonly path: PathNode }
  | { readonly kind: 'add' | 'delete'; readonly path: PathNode; readonly value: ValueNode }

export interface SectionNode {
  readonly keyword: 'SET' | 'REMOVE' | 'ADD' | 'DELETE'
  readonly actions: readonly ActionNode[]
}

/** What a parser hands on, with what only the parser sees. */
export interface Parsed<Tree> {
  readonly tree: Tree
  /** Somewhere parentheses stand directly in parentheses. */
  readonly hasRedundantParentheses: boolean
  /** Comparisons, BETWEEN, IN, AND, OR, NOT, + and -. */
  readonly operators: number
}
