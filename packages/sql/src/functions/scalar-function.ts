/**
 * One scalar function or operator: its typing and its meaning. The binder types calls with `infer`; the interpreter
 * evaluates with `evaluate`; the compiler has its own code for the hot ones and calls `evaluate` for all others, so that
 * a function is written once and both ways answer alike.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../plan.ts'

export interface ScalarFunction {
  /** Upper-case name or operator sign, as in CallExpr.fn. */
  readonly name: string
  /** Forms shown in messages, for example 'SUBSTRING(string FROM start [FOR length])'. */
  readonly forms: readonly string[]
  /** The result type, or a message in words about what is wrong with the argument types. */
  infer(args: readonly ArgumentType[]): InferredType | string
  /**
   * The value for arguments that are already of the inferred argument types. `type` is the call's type. Throws
   * SqlRuntimeError with a stable name. With `nullIn: 'null'` it is called with non-null arguments only.
   */
  evaluate(args: readonly SqlValue[], context: EvaluateContext): SqlValue
  /** 'null': any NULL argument gives NULL without a call; 'called': the function sees NULLs. */
  readonly nullIn: 'null' | 'called'
}

export interface ArgumentType {
  readonly type: SqlType
  readonly nullable: boolean
  /** The value when the argument is a literal. */
  readonly literal?: SqlValue
}

export interface InferredType {
  readonly type: SqlType
  readonly nullable: boolean
  /** Types that the arguments are to be cast to before the call, where they differ from the given ones. */
  readonly args?: readonly SqlType[]
  /** The value, when the types alone settle it: the call is this literal. */
  readonly value?: SqlValue
}

export interface EvaluateContext {
  readonly type: SqlType
  readonly argTypes: readonly SqlType[]
  /**
   * Row time of the row being processed, ms; what CURRENT_ROW_TIMESTAMP and the like read, so that a replay answers alike.
   * In Flink programs it is processing time.
   */
  readonly rowtime: number
  /** IANA name of the session zone; UTC if absent. */
  readonly zone?: string
  /** Uniform in [0, 1): RAND, UUID. Functions that need it fail the row without it. */
  readonly random?: () => number
  /** CURRENT_WATERMARK: the watermark so far, undefined before the first. */
  readonly watermark?: () => number | undefined
}

/** A row-level failure: the row is dropped and reported on the error stream under `name`. */
export class SqlRuntimeError extends Error {
  override readonly name:
    | 'CoercionError'
    | 'DivideByZero'
    | 'ValueOutOfRange'
    | 'NotNullViolation'
    | 'HostFunctionError'

  constructor(name: SqlRuntimeError['name'], message: string) {
    super(message)
    this.name = name
  }
}
