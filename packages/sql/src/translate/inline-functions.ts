/**
 * Calls of functions that the program itself has made, replaced by their bodies (spec 4): parameters by the arguments, NULL in
 * if the function says so, and the declared type around it. Exact, since a body is one expression.
 */
import type { SqlType } from '@millrace/values'
import { sameType } from '../functions/index.ts'
import type { CreateFunction, Expression } from '../syntax/tree.ts'
import { cast, isNull, nothing, nowhere } from './build.ts'
import { mapTree } from './tree-map.ts'

export interface ProgramFunction {
  readonly declaration: CreateFunction
  readonly parameterTypes: readonly SqlType[]
}

export class ProgramFunctions {
  readonly #functions = new Map<string, ProgramFunction[]>()

  declare(made: ProgramFunction): void {
    const name = made.declaration.name.name.toUpperCase()
    const others = (this.#functions.get(name) ?? []).filter(
      (each) =>
        each.parameterTypes.length !== made.parameterTypes.length ||
        each.parameterTypes.some((type, i) => !sameType(type, made.parameterTypes[i]!)),
    )
    this.#functions.set(name, [...others, made])
  }

  drop(name: string): void {
    this.#functions.delete(name.toUpperCase())
  }

  /** The tree without calls of them. `typeOf` tells overloads of one number of parameters apart. */
  inline<T>(tree: T, typeOf: (expression: Expression) => SqlType | undefined = () => undefined): T {
    return mapTree(tree, (part) => {
      if (part.kind !== 'call' || typeof part.args === 'string') return undefined
      const args = part.args
      const fitting = (this.#functions.get(part.name.name.toUpperCase()) ?? []).filter(
        ({ parameterTypes }) => parameterTypes.length === args.length,
      )
      const made =
        fitting.find(({ parameterTypes }) =>
          args.every((arg, i) => typeOf(arg)?.kind === parameterTypes[i]!.kind),
        ) ?? fitting[0]
      return made === undefined
        ? undefined
        : this.#body(
            made.declaration,
            args.map((arg) => this.inline(arg, typeOf)),
          )
    })
  }

  #body(declaration: CreateFunction, args: readonly Expression[]): Expression {
    const { parameters, returns, nullOnNull, body } = declaration
    const values = new Map(parameters.map(({ name }, i) => [name.name, args[i]!]))
    const filled = mapTree(this.inline(body), (part) => {
      if (part.kind !== 'name' || part.parts.length > 2) return undefined
      return values.get(part.parts.at(-1)!.name)
    })
    const value = cast(filled, returns)
    if (!nullOnNull || args.length === 0) return value
    const [first, ...rest] = args.map(isNull)
    // There is at least one argument.
    const anyNull: Expression =
      rest.length === 0 ? first! : { kind: 'logic', op: 'OR', operands: [first!, ...rest], span: nowhere }
    return {
      kind: 'case',
      operand: undefined,
      branches: [{ when: anyNull, result: cast(nothing(), returns) }],
      otherwise: value,
      span: nowhere,
    }
  }
}
