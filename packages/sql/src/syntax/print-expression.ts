/**
 * Expressions back to text (printer.ts has the law). Parentheses stand only where precedence needs them.
 */
import type { Dialect } from './dialect.ts'
import { timestampUnits } from './parse-call.ts'
import type {
  Expression,
  FrameBound,
  FunctionCall,
  Identifier,
  IntervalUnits,
  JsonBehavior,
  JsonCall,
  Period,
  Query,
  SortItem,
  TableArgument,
  TypeName,
  WindowSpec,
} from './tree.ts'

/** Binding powers as in parse-expression.ts; 100 is what needs no parentheses anywhere. */
const power = {
  or: 10,
  and: 20,
  not: 30,
  comparison: 40,
  concat: 45,
  sum: 50,
  product: 60,
  unary: 70,
  primary: 100,
}

export abstract class ExpressionPrinter {
  readonly dialect: Dialect

  constructor(dialect: Dialect) {
    this.dialect = dialect
  }

  abstract query(query: Query): string

  expression(expression: Expression, minimum = 0): string {
    const [text, strength] = this.#expression(expression)
    return strength > minimum ? text : `(${text})`
  }

  /** The text and how strongly it holds together. */
  #expression(expression: Expression): [string, number] {
    const print = (part: Expression, minimum = 0): string => this.expression(part, minimum)
    const not = 'negated' in expression && expression.negated ? 'NOT ' : ''
    switch (expression.kind) {
      case 'number':
        return [expression.text, power.primary]
      case 'string':
        return [quoteString(expression.value), power.primary]
      case 'bytes':
        return [`X'${expression.hex}'`, power.primary]
      case 'boolean':
        return [expression.value === null ? 'UNKNOWN' : expression.value ? 'TRUE' : 'FALSE', power.primary]
      case 'null':
        return ['NULL', power.primary]
      case 'datetime':
        return [`${expression.type} ${quoteString(expression.value)}`, power.primary]
      case 'interval':
        return [
          `INTERVAL ${expression.negative ? '-' : ''}${quoteString(expression.value)} ${printUnits(expression.units)}`,
          power.primary,
        ]
      case 'name':
        return [expression.parts.map((part) => this.name(part)).join('.'), power.primary]
      case 'unary':
        if (expression.op === 'NOT') return [`NOT ${print(expression.operand, power.not - 1)}`, power.not]
        // A space keeps two signs from becoming a comment.
        return [`${expression.op} ${print(expression.operand, power.unary - 1)}`, power.unary]
      case 'binary': {
        const strength = binaryPower(expression.op)
        return [
          `${print(expression.left, strength - 1)} ${expression.op} ${print(expression.right, strength)}`,
          strength,
        ]
      }
      case 'logic': {
        const strength = expression.op === 'AND' ? power.and : power.or
        return [
          expression.operands.map((operand) => print(operand, strength)).join(` ${expression.op} `),
          strength,
        ]
      }
      case 'is': {
        const test =
          expression.other === undefined
            ? expression.test
            : `DISTINCT FROM ${print(expression.other, power.comparison)}`
        return [`${print(expression.operand, power.comparison - 1)} IS ${not}${test}`, power.comparison]
      }
      case 'between': {
        const symmetric = expression.symmetric ? 'SYMMETRIC ' : ''
        const bounds = `${print(expression.low, power.comparison)} AND ${print(expression.high, power.comparison)}`
        return [
          `${print(expression.operand, power.comparison - 1)} ${not}BETWEEN ${symmetric}${bounds}`,
          power.comparison,
        ]
      }
      case 'in': {
        const { choices } = expression
        const list =
          'length' in choices ? choices.map((choice) => print(choice)).join(', ') : this.query(choices)
        return [`${print(expression.operand, power.comparison - 1)} ${not}IN (${list})`, power.comparison]
      }
      case 'like': {
        const tail =
          expression.escape === undefined ? '' : ` ESCAPE ${print(expression.escape, power.comparison)}`
        const pattern = print(expression.pattern, power.comparison)
        return [
          `${print(expression.operand, power.comparison - 1)} ${not}${expression.op} ${pattern}${tail}`,
          power.comparison,
        ]
      }
      case 'case': {
        const operand = expression.operand === undefined ? '' : ` ${print(expression.operand)}`
        const branches = expression.branches
          .map(({ when, result }) => ` WHEN ${print(when)} THEN ${print(result)}`)
          .join('')
        const otherwise = expression.otherwise === undefined ? '' : ` ELSE ${print(expression.otherwise)}`
        return [`CASE${operand}${branches}${otherwise} END`, power.primary]
      }
      case 'cast':
        return [
          `${expression.tries === true ? 'TRY_CAST' : 'CAST'}(${print(expression.operand)} AS ${this.type(expression.type)})`,
          power.primary,
        ]
      case 'call':
        return [this.#call(expression), power.primary]
      case 'round-to-unit':
        return [
          `${expression.fn}(${this.#beforeTo(expression.operand)} TO ${expression.unit})`,
          power.primary,
        ]
      case 'step':
        return [`STEP(${print(expression.operand)} BY ${print(expression.size)})`, power.primary]
      case 'extract':
        return [`EXTRACT(${expression.unit} FROM ${print(expression.operand)})`, power.primary]
      case 'substring': {
        const { form, operand, from, length, escape: escapeCharacter } = expression
        const tail =
          length !== undefined
            ? ` FOR ${print(length)}`
            : escapeCharacter !== undefined
              ? ` ESCAPE ${print(escapeCharacter)}`
              : ''
        return [`SUBSTRING(${print(operand)} ${form} ${print(from)}${tail})`, power.primary]
      }
      case 'trim': {
        const character = expression.character === undefined ? '' : `${print(expression.character)} `
        return [`TRIM(${expression.where} ${character}FROM ${print(expression.operand)})`, power.primary]
      }
      case 'position':
        return [
          `POSITION(${print(expression.needle, power.comparison)} IN ${print(expression.haystack)})`,
          power.primary,
        ]
      case 'overlay': {
        const tail = expression.length === undefined ? '' : ` FOR ${print(expression.length)}`
        return [
          `OVERLAY(${print(expression.operand)} PLACING ${print(expression.placing)} FROM ${print(expression.from)}${tail})`,
          power.primary,
        ]
      }
      case 'temporal-difference': {
        const difference = `${print(expression.left, power.sum - 1)} - ${print(expression.right, power.sum)}`
        return [`(${difference}) ${printUnits(expression.units)}`, power.primary]
      }
      case 'subquery':
        return [
          `${expression.form === 'VALUE' ? '' : expression.form}(${this.query(expression.query)})`,
          power.primary,
        ]
      case 'array':
        return [`ARRAY[${this.list(expression.elements)}]`, power.primary]
      case 'map':
        return [`MAP[${this.list(expression.entries)}]`, power.primary]
      case 'row':
        return [`ROW(${this.list(expression.elements)})`, power.primary]
      case 'element':
        return [`${this.#operand(expression.operand)}[${print(expression.index)}]`, power.primary]
      case 'field':
        return [`${this.#operand(expression.operand)}.${this.name(expression.name)}`, power.primary]
      case 'period': {
        const { op, left, right } = expression
        return [`${this.#period(left, -1)} ${op} ${this.#period(right, 0)}`, power.comparison]
      }
      case 'json':
        return [this.#json(expression), power.primary]
      case 'table-argument':
        return [this.#tableArgument(expression), power.primary]
      case 'descriptor':
        return [`DESCRIPTOR${this.names(expression.columns)}`, power.primary]
      case 'named-argument':
        return [`${this.name(expression.name)} => ${print(expression.value)}`, power.primary]
    }
  }

  list(expressions: readonly Expression[]): string {
    return expressions.map((each) => this.expression(each)).join(', ')
  }

  /** In front of [i] and .name; a number would take the point for its own. */
  #operand(operand: Expression): string {
    return operand.kind === 'number' ? `(${operand.text})` : this.expression(operand, power.primary - 1)
  }

  /** A point on the right of an operator stands in parentheses if it is no primary, which is never wrong. */
  #period(period: Period, weaker: number): string {
    const [start, end] = period
    if (end !== undefined) return `(${this.expression(start)}, ${this.expression(end)})`
    return this.expression(start, power.comparison + weaker)
  }

  #json(call: JsonCall): string {
    const parts = [call.distinct ? `DISTINCT ${this.#jsonArguments(call)}` : this.#jsonArguments(call)]
    if (call.returning !== undefined) parts.push(`RETURNING ${this.type(call.returning)}`)
    if (call.wrapper !== undefined)
      parts.push(call.wrapper === 'WITHOUT' ? 'WITHOUT ARRAY WRAPPER' : `WITH ${call.wrapper} ARRAY WRAPPER`)
    if (call.onEmpty !== undefined) parts.push(`${this.#behavior(call.onEmpty)} ON EMPTY`)
    if (call.onError !== undefined) parts.push(`${this.#behavior(call.onError)} ON ERROR`)
    if (call.onNull !== undefined) parts.push(`${call.onNull} ON NULL`)
    const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${this.expression(call.filter)})`
    return `${call.name}(${parts.filter((part) => part !== '').join(' ')})${filter}`
  }

  #jsonArguments({ name, args }: JsonCall): string {
    if (name !== 'JSON_OBJECT' && name !== 'JSON_OBJECTAGG') return this.list(args)
    const pairs: string[] = []
    for (let i = 0; i + 1 < args.length; i += 2)
      pairs.push(`KEY ${this.expression(args[i]!)} VALUE ${this.expression(args[i + 1]!)}`)
    return pairs.join(', ')
  }

  #behavior(behavior: JsonBehavior): string {
    return behavior.kind === 'DEFAULT' ? `DEFAULT ${this.expression(behavior.value)}` : behavior.kind
  }

  /** Lists stand in parentheses, because a comma may also end the argument. */
  #tableArgument({ source, partitionBy, orderBy }: TableArgument): string {
    const table =
      source.kind === 'qualified'
        ? source.parts.map((part) => this.name(part)).join('.')
        : `(${this.query(source)})`
    const partition = partitionBy.length === 0 ? '' : ` PARTITION BY (${this.list(partitionBy)})`
    return `TABLE ${table}${partition}${orderBy.length === 0 ? '' : ` ORDER BY (${this.sortItems(orderBy)})`}`
  }

  /** In front of TO: INTERVAL '1' HOUR would take the TO for its own, so all but simple operands get parentheses. */
  #beforeTo(operand: Expression): string {
    const open = operand.kind === 'interval' || operand.kind === 'temporal-difference'
    return open ? `(${this.expression(operand)})` : this.expression(operand, power.primary - 1)
  }

  #call(call: FunctionCall): string {
    const name = this.#functionName(call.name)
    if (call.args === 'none') return name
    const args = call.args === 'star' ? '*' : this.#arguments(call.name.name, call.args)
    const nulls = call.nulls === undefined ? '' : ` ${call.nulls} NULLS`
    const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${this.expression(call.filter)})`
    return `${name}(${call.distinct ? 'DISTINCT ' : ''}${args})${nulls}${filter}${call.over === undefined ? '' : ` OVER ${this.window(call.over)}`}`
  }

  #arguments(name: string, args: readonly Expression[]): string {
    const [first, ...others] = args
    const hasUnit = name === 'TIMESTAMPADD' || name === 'TIMESTAMPDIFF'
    if (hasUnit && first?.kind === 'string' && timestampUnits.includes(first.value))
      return [first.value, ...others.map((each) => this.expression(each))].join(', ')
    return this.list(args)
  }

  /** Function names that are reserved words are read as such before a parenthesis, and without quotes. */
  #functionName(name: Identifier): string {
    return this.dialect.reserved.has(name.name) || /^[A-Z_][A-Z0-9_]*$/.test(name.name)
      ? name.name
      : this.name(name)
  }

  window(window: WindowSpec | Identifier): string {
    if (!('kind' in window)) return this.name(window)
    const parts: string[] = []
    if (window.base !== undefined) parts.push(this.name(window.base))
    if (window.partitionBy.length > 0)
      parts.push(`PARTITION BY ${window.partitionBy.map((key) => this.expression(key)).join(', ')}`)
    if (window.orderBy.length > 0) parts.push(`ORDER BY ${this.sortItems(window.orderBy)}`)
    if (window.frame !== undefined) {
      parts.push(
        `${window.frame.unit} BETWEEN ${this.#bound(window.frame.from)} AND ${this.#bound(window.frame.to)}`,
      )
    }
    return `(${parts.join(' ')})`
  }

  #bound(bound: FrameBound): string {
    switch (bound.kind) {
      case 'unbounded-preceding':
        return 'UNBOUNDED PRECEDING'
      case 'unbounded-following':
        return 'UNBOUNDED FOLLOWING'
      case 'current-row':
        return 'CURRENT ROW'
      default:
        // A weaker operator than + would swallow the AND between the bounds.
        return `${this.expression(bound.offset, power.comparison)} ${bound.kind === 'preceding' ? 'PRECEDING' : 'FOLLOWING'}`
    }
  }

  sortItems(items: readonly SortItem[]): string {
    return items
      .map((item) => {
        const nulls = item.nulls === undefined ? '' : ` NULLS ${item.nulls}`
        return `${this.expression(item.expression)}${item.descending ? ' DESC' : ''}${nulls}`
      })
      .join(', ')
  }

  names(names: readonly Identifier[]): string {
    return `(${names.map((name) => this.name(name)).join(', ')})`
  }

  name({ name }: Identifier): string {
    const upper = name.toUpperCase()
    const plain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && this.dialect.fold(name) === name
    if (plain && !this.dialect.reserved.has(upper) && !contextual.has(upper)) return name
    const quote = this.dialect.identifierQuote
    return `${quote}${name.replaceAll(quote, quote + quote)}${quote}`
  }

  type(type: TypeName): string {
    const notNull = type.notNull === true ? ' NOT NULL' : ''
    if (type.fields !== undefined) {
      const fields = type.fields.map((field) => `${this.name(field.name)} ${this.type(field.type)}`)
      return `${type.name}<${fields.join(', ')}>${notNull}`
    }
    if (type.elements !== undefined)
      return `${type.name}<${type.elements.map((each) => this.type(each)).join(', ')}>${notNull}`
    const parameters = type.parameters.length === 0 ? '' : `(${type.parameters.join(', ')})`
    return `${type.name}${parameters}${notNull}`
  }
}

/** Words that open something where a name may stand too; a name of this kind is quoted to be safe. */
const contextual = new Set(
  `STARTED STOPPED DESCRIPTION OPTIONS WINDOWED STEP FLOOR CEIL CEILING OVERLAY IGNORE RESPECT RETURN RETURNS EMIT ASYMMETRIC KEY VALUE PERIOD DESCRIPTOR PERMUTE ABSENT`.split(
    ' ',
  ),
)

function printUnits(units: IntervalUnits): string {
  return units.to === undefined ? units.from : `${units.from} TO ${units.to}`
}

export function quoteString(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

function binaryPower(op: string): number {
  if (op === '||') return power.concat
  if (op === '+' || op === '-') return power.sum
  return op === '*' || op === '/' || op === '%' ? power.product : power.comparison
}
