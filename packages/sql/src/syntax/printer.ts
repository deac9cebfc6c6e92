/**
 * Trees back to text. Law: parse(print(x)) = x, apart from spans. Names are quoted wherever they would not come back as
 * they are; parentheses stand only where precedence needs them; strings double their quotes, all other characters stand
 * for themselves.
 */
import { type Dialect, type DialectName, dialectOf } from './dialect.ts'
import type {
  Expression,
  FrameBound,
  FromItem,
  FunctionCall,
  Identifier,
  IntervalUnits,
  Option,
  Query,
  SelectItem,
  SelectQuery,
  SortItem,
  Statement,
  Tree,
  TypeName,
  WindowSpec,
} from './tree.ts'

export function printTree(tree: Tree, dialect: DialectName): string {
  const printer = new Printer(dialectOf(dialect))
  return tree.statements.map((statement) => `${printer.statement(statement)};\n`).join('\n')
}

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

class Printer {
  readonly #dialect: Dialect

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  statement(statement: Statement): string {
    switch (statement.kind) {
      case 'create-stream': {
        const columns = statement.columns.map(
          (column) =>
            `  ${this.#name(column.name)} ${printType(column.type)}${column.notNull ? ' NOT NULL' : ''}`,
        )
        return `${create(statement.replace)} STREAM ${this.#name(statement.name)} (\n${columns.join(',\n')}\n)${description(statement.description)}${this.#options(statement.options)}`
      }
      case 'create-pump': {
        const state = statement.stopped ? ' STOPPED' : ''
        return `${create(statement.replace)} PUMP ${this.#name(statement.name)}${state}${description(statement.description)}${this.#options(statement.options)} AS\n${this.statement(statement.insert)}`
      }
      case 'create-view': {
        const columns = statement.columns === undefined ? '' : ` ${this.#names(statement.columns)}`
        return `${create(statement.replace)} VIEW ${this.#name(statement.name)}${columns}${description(statement.description)} AS\n${this.#query(statement.query)}`
      }
      case 'create-function': {
        const parameters = statement.parameters
          .map(({ name, type }) => `${this.#name(name)} ${printType(type)}`)
          .join(', ')
        const nulls = statement.nullOnNull ? ' RETURNS NULL ON NULL INPUT' : ''
        return `${create(statement.replace)} FUNCTION ${this.#name(statement.name)} (${parameters}) RETURNS ${printType(statement.returns)}${nulls} RETURN ${this.expression(statement.body)}`
      }
      case 'drop':
        return `DROP ${statement.what} ${this.#name(statement.name)}`
      case 'alter-pump':
        return `ALTER PUMP ${this.#name(statement.name)} ${statement.action}`
      case 'insert': {
        const columns = statement.columns === undefined ? '' : ` ${this.#names(statement.columns)}`
        return `INSERT ${statement.expedited ? 'EXPEDITED ' : ''}INTO ${this.#name(statement.target)}${columns}\n${this.#query(statement.query)}`
      }
      case 'query':
        return this.#query(statement.query)
    }
  }

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
        return [expression.parts.map((part) => this.#name(part)).join('.'), power.primary]
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
          'length' in choices ? choices.map((choice) => print(choice)).join(', ') : this.#query(choices)
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
        return [`CAST(${print(expression.operand)} AS ${printType(expression.type)})`, power.primary]
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
          `${expression.form === 'VALUE' ? '' : expression.form}(${this.#query(expression.query)})`,
          power.primary,
        ]
    }
  }

  /** In front of TO: INTERVAL '1' HOUR would take the TO for its own, so all but simple operands get parentheses. */
  #beforeTo(operand: Expression): string {
    const open = operand.kind === 'interval' || operand.kind === 'temporal-difference'
    return open ? `(${this.expression(operand)})` : this.expression(operand, power.primary - 1)
  }

  #call(call: FunctionCall): string {
    const name = this.#functionName(call.name)
    if (call.args === 'none') return name
    const args = call.args === 'star' ? '*' : call.args.map((arg) => this.expression(arg)).join(', ')
    const nulls = call.nulls === undefined ? '' : ` ${call.nulls} NULLS`
    const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${this.expression(call.filter)})`
    return `${name}(${call.distinct ? 'DISTINCT ' : ''}${args})${nulls}${filter}${call.over === undefined ? '' : ` OVER ${this.#window(call.over)}`}`
  }

  /** Function names that are reserved words are read as such before a parenthesis, and without quotes. */
  #functionName(name: Identifier): string {
    return this.#dialect.reserved.has(name.name) || /^[A-Z_][A-Z0-9_]*$/.test(name.name)
      ? name.name
      : this.#name(name)
  }

  #window(window: WindowSpec | Identifier): string {
    if (!('kind' in window)) return this.#name(window)
    const parts: string[] = []
    if (window.base !== undefined) parts.push(this.#name(window.base))
    if (window.partitionBy.length > 0)
      parts.push(`PARTITION BY ${window.partitionBy.map((key) => this.expression(key)).join(', ')}`)
    if (window.orderBy.length > 0) parts.push(`ORDER BY ${this.#sortItems(window.orderBy)}`)
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

  #sortItems(items: readonly SortItem[]): string {
    return items
      .map((item) => `${this.expression(item.expression)}${item.descending ? ' DESC' : ''}`)
      .join(', ')
  }

  #query(query: Query): string {
    switch (query.kind) {
      case 'select':
        return this.#select(query)
      case 'values':
        return `VALUES ${query.rows.map((row) => `(${row.map((value) => this.expression(value)).join(', ')})`).join(', ')}`
      case 'set': {
        const branches = query.branches.map((branch) =>
          branch.kind === 'set' ? `(${this.#query(branch)})` : this.#query(branch),
        )
        return branches.join(`\n${query.op}${query.all ? ' ALL' : ''}\n`)
      }
    }
  }

  #select(select: SelectQuery): string {
    const lines = [
      `SELECT ${select.stream ? 'STREAM ' : ''}${select.distinct ? 'DISTINCT ' : ''}${select.items.map((item) => this.#item(item)).join(', ')}`,
    ]
    if (select.from !== undefined) lines.push(`FROM ${this.#from(select.from)}`)
    if (select.where !== undefined) lines.push(`WHERE ${this.expression(select.where)}`)
    if (select.groupBy !== undefined)
      lines.push(`GROUP BY ${select.groupBy.map((key) => this.expression(key)).join(', ')}`)
    if (select.stagger !== undefined) lines.push(`WINDOWED BY STAGGER ${this.#window(select.stagger)}`)
    if (select.having !== undefined) lines.push(`HAVING ${this.expression(select.having)}`)
    if (select.windows.length > 0) {
      lines.push(
        `WINDOW ${select.windows.map(({ name, spec }) => `${this.#name(name)} AS ${this.#window(spec)}`).join(', ')}`,
      )
    }
    if (select.orderBy.length > 0) lines.push(`ORDER BY ${this.#sortItems(select.orderBy)}`)
    if (select.within !== undefined) lines.push(`WITHIN ${this.expression(select.within)}`)
    return lines.join('\n')
  }

  #item(item: SelectItem): string {
    if (item.kind === 'star') return item.source === undefined ? '*' : `${this.#name(item.source)}.*`
    return `${this.expression(item.expression)}${item.alias === undefined ? '' : ` AS ${this.#name(item.alias)}`}`
  }

  #from(from: FromItem): string {
    if (from.kind === 'join') {
      const right = from.right.kind === 'join' ? `(${this.#from(from.right)})` : this.#from(from.right)
      const condition =
        from.on !== undefined
          ? ` ON ${this.expression(from.on)}`
          : from.using !== undefined
            ? ` USING ${this.#names(from.using)}`
            : ''
      return `${this.#from(from.left)}\n${from.natural ? 'NATURAL ' : ''}${from.join} JOIN ${right}${condition}`
    }
    const source =
      from.kind === 'named'
        ? from.name.map((part) => this.#name(part)).join('.')
        : from.kind === 'derived'
          ? `(${this.#query(from.query)})`
          : `TABLE(${this.expression(from.call)})`
    const over = from.over === undefined ? '' : ` OVER ${this.#window(from.over)}`
    const alias = from.alias === undefined ? '' : ` AS ${this.#name(from.alias)}`
    return `${source}${over}${alias}${from.columns === undefined ? '' : ` ${this.#names(from.columns)}`}`
  }

  #names(names: readonly Identifier[]): string {
    return `(${names.map((name) => this.#name(name)).join(', ')})`
  }

  #name({ name }: Identifier): string {
    const upper = name.toUpperCase()
    const plain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && this.#dialect.fold(name) === name
    if (plain && !this.#dialect.reserved.has(upper) && !contextual.has(upper)) return name
    const quote = this.#dialect.identifierQuote
    return `${quote}${name.replaceAll(quote, quote + quote)}${quote}`
  }

  #options(options: readonly Option[]): string {
    if (options.length === 0) return ''
    const items = options.map(
      (option) => `${this.#name({ name: option.name, span: option.span })} ${quoteString(option.value)}`,
    )
    return ` OPTIONS (${items.join(', ')})`
  }
}

/** Words that open something where a name may stand too; a name of this kind is quoted to be safe. */
const contextual = new Set(
  `STARTED STOPPED DESCRIPTION OPTIONS WINDOWED STEP FLOOR CEIL CEILING OVERLAY IGNORE RESPECT RETURN RETURNS EMIT ASYMMETRIC`.split(
    ' ',
  ),
)

function create(replace: boolean): string {
  return replace ? 'CREATE OR REPLACE' : 'CREATE'
}

function description(text: string | undefined): string {
  return text === undefined ? '' : ` DESCRIPTION ${quoteString(text)}`
}

function printType(type: TypeName): string {
  return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.join(', ')})`
}

function printUnits(units: IntervalUnits): string {
  return units.to === undefined ? units.from : `${units.from} TO ${units.to}`
}

function quoteString(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

function binaryPower(op: string): number {
  if (op === '||') return power.concat
  if (op === '+' || op === '-') return power.sum
  return op === '*' || op === '/' || op === '%' ? power.product : power.comparison
}
