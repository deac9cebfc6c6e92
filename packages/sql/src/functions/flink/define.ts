/**
 * A short way to write functions whose parameters are of fixed kinds. A kind says which types an argument may have and
 * what it is cast to; '?' behind it makes the parameter optional, '*' lets the last one come any number of times. A bare
 * NULL fits everywhere.
 */
import { formatFlinkType, type SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import type { ArgumentType, EvaluateContext, InferredType, ScalarFunction } from '../scalar-function.ts'
import { anyNullable, booleanType, doubleType, familyOf, integerType, isIntegerKind } from '../types.ts'
import { bytesType, stringType, timestamp3Type } from './types.ts'

interface ParameterKind {
  readonly words: string
  fits(type: SqlType): boolean
  /** What a fitting argument is cast to; for a bare NULL the type that it takes. */
  target(type: SqlType): SqlType
}

const isNull = (type: SqlType) => type.kind === 'NULL'

function kindOf(words: string, fits: (type: SqlType) => boolean, whenNull: SqlType, cast?: SqlType) {
  return { words, fits, target: (type: SqlType) => (isNull(type) ? whenNull : (cast ?? type)) }
}

const kinds = {
  text: kindOf('text', (type) => familyOf(type) === 'text', stringType),
  bytes: kindOf('bytes', (type) => familyOf(type) === 'binary', bytesType),
  textOrBytes: kindOf('text or bytes', (type) => ['text', 'binary'].includes(familyOf(type)), stringType),
  boolean: kindOf('BOOLEAN', (type) => type.kind === 'BOOLEAN', booleanType),
  integer: kindOf('an integer', (type) => isIntegerKind(type.kind), integerType),
  number: kindOf('a number', (type) => familyOf(type) === 'numeric', doubleType),
  double: kindOf('a number', (type) => familyOf(type) === 'numeric', doubleType, doubleType),
  /** DATE, TIMESTAMP or TIMESTAMP_LTZ. */
  moment: kindOf(
    'a date or a timestamp',
    (type) => ['date', 'timestamp', 'instant'].includes(familyOf(type)),
    timestamp3Type,
  ),
  array: kindOf('an ARRAY', (type) => type.kind === 'ARRAY', { kind: 'ARRAY', element: stringType }),
  map: kindOf('a MAP', (type) => type.kind === 'MAP', { kind: 'MAP', key: stringType, value: stringType }),
  any: kindOf('a value', () => true, stringType),
} satisfies Record<string, ParameterKind>

type KindName = keyof typeof kinds
export type Parameter = KindName | `${KindName}?` | `${KindName}*`

export interface FunctionSpec {
  readonly name: string
  readonly parameters: readonly Parameter[]
  /** Forms for messages; made of the name and the parameters when absent. */
  readonly forms?: readonly string[]
  /** The result type; a text is what is wrong with the arguments, whose kinds are right already. */
  readonly returns: SqlType | ((args: readonly ArgumentType[]) => SqlType | string)
  /** Types of the arguments where the kinds do not say it all, called after `returns` found no fault. */
  readonly casts?: (args: readonly ArgumentType[]) => readonly SqlType[]
  /** Whether the result may be NULL: as the arguments are (if absent), always, or never. */
  readonly nullable?: 'always' | 'never'
  /** 'null' if absent. */
  readonly nullIn?: 'null' | 'called'
  evaluate(args: readonly SqlValue[], context: EvaluateContext): SqlValue
}

export function define(spec: FunctionSpec): ScalarFunction {
  return {
    name: spec.name,
    forms: spec.forms ?? [`${spec.name}(${spec.parameters.join(', ')})`],
    nullIn: spec.nullIn ?? 'null',
    infer: (args) => inferSpec(spec, args),
    evaluate: (args, context) => spec.evaluate(args, context),
  }
}

function inferSpec(spec: FunctionSpec, args: readonly ArgumentType[]): InferredType | string {
  const { name, parameters } = spec
  const last = parameters.at(-1)
  const repeats = last?.endsWith('*') === true
  const required = parameters.filter((parameter) => !/[?*]$/.test(parameter)).length
  if (args.length < required || (!repeats && args.length > parameters.length)) {
    const most = repeats ? ' or more' : parameters.length > required ? ` to ${parameters.length}` : ''
    return `${name} takes ${required}${most} argument${required === 1 && most === '' ? '' : 's'}, not ${args.length}`
  }
  const casts: SqlType[] = []
  for (const [i, { type }] of args.entries()) {
    const parameter = parameters[Math.min(i, parameters.length - 1)]!
    const kind: ParameterKind = kinds[parameter.replace(/[?*]$/, '') as KindName] // By the form of Parameter.
    if (!isNull(type) && !kind.fits(type)) {
      return `argument ${i + 1} of ${name} is ${kind.words}, not ${formatFlinkType(type)}`
    }
    casts.push(kind.target(type))
  }
  const given = args.map((argument, i) => ({ ...argument, type: casts[i]! }))
  const type = typeof spec.returns === 'function' ? spec.returns(given) : spec.returns
  if (typeof type === 'string') return type
  return {
    type,
    nullable: spec.nullable === 'always' || (spec.nullable !== 'never' && anyNullable(args)),
    args: spec.casts?.(given) ?? casts,
  }
}
