/** What the inlining parts see of the code that is being made: implemented by expression-code.ts. */
import type { SqlType } from '@millrace/values'
import type { CallExpr, Expr, SqlValue } from '../../plan.ts'
import type { ExpressionContext } from './expression-context.ts'

/** An atom: a variable, a constant or a column of the row. */
export interface Fragment {
  readonly text: string
  readonly nullable: boolean
  readonly type: SqlType
  /** The value, in narrow form, of a literal. */
  readonly literal?: SqlValue
}

export interface Code {
  readonly context: ExpressionContext
  emit(line: string): void
  /** The name of a value from outside the code. */
  constant(value: unknown): string
  /** A variable of the function. */
  temp(): string
  /** The value of a part of the expression. */
  expression(expr: Expr): Fragment
  literal(value: SqlValue, type: SqlType): Fragment
  /** A new variable with a value. */
  assign(text: string, type: SqlType, nullable: boolean): Fragment
  /** NULL where an argument is, else `text`. */
  strict(args: readonly Fragment[], text: string, type: SqlType, mayBeNull?: boolean): Fragment
  /** A call of the function table or of the host. */
  callWith(call: CallExpr, args: readonly Fragment[]): Fragment
  /** A constant that calls the function with non-null arguments in narrow form, for the long way of inlined code. */
  callerOf(call: CallExpr): { readonly name: string; readonly nullIn: 'null' | 'called' }
}
