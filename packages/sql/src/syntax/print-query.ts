/**
 * Queries and the sources of FROM back to text (printer.ts has the law).
 */
import { ExpressionPrinter, quoteString } from './print-expression.ts'
import type {
  Expression,
  FromItem,
  Hint,
  JoinSource,
  MatchSource,
  PatternVariable,
  Query,
  SelectItem,
  SelectQuery,
} from './tree.ts'

export class QueryPrinter extends ExpressionPrinter {
  override query(query: Query): string {
    switch (query.kind) {
      case 'select':
        return this.#select(query)
      case 'values':
        return `VALUES ${query.rows.map((row) => this.#valuesRow(row)).join(', ')}`
      case 'with': {
        const tables = query.tables.map(({ name, columns, query: inner }) => {
          const list = columns === undefined ? '' : ` ${this.names(columns)}`
          return `${this.name(name)}${list} AS (\n${this.query(inner)}\n)`
        })
        return `WITH ${tables.join(',\n')}\n${this.query(query.query)}`
      }
      case 'set': {
        const branches = query.branches.map((branch) =>
          isClosed(branch) ? this.query(branch) : `(${this.query(branch)})`,
        )
        return branches.join(`\n${query.op}${query.all ? ' ALL' : ''}\n`)
      }
    }
  }

  /** A single value that is itself a row would lose its parentheses. */
  #valuesRow(row: readonly Expression[]): string {
    return row.length === 1 && row[0]!.kind === 'row' ? `ROW(${this.list(row)})` : `(${this.list(row)})`
  }

  #select(select: SelectQuery): string {
    const lines = [
      `SELECT ${printHints(select.hints)}${select.stream ? 'STREAM ' : ''}${select.distinct ? 'DISTINCT ' : ''}${select.items.map((item) => this.#item(item)).join(', ')}`,
    ]
    if (select.from !== undefined) lines.push(`FROM ${this.#from(select.from)}`)
    if (select.where !== undefined) lines.push(`WHERE ${this.expression(select.where)}`)
    if (select.groupBy !== undefined)
      lines.push(`GROUP BY ${this.#groupBy(select.groupBy, select.groupingSets)}`)
    if (select.stagger !== undefined) lines.push(`WINDOWED BY STAGGER ${this.window(select.stagger)}`)
    if (select.having !== undefined) lines.push(`HAVING ${this.expression(select.having)}`)
    if (select.windows.length > 0) {
      lines.push(
        `WINDOW ${select.windows.map(({ name, spec }) => `${this.name(name)} AS ${this.window(spec)}`).join(', ')}`,
      )
    }
    if (select.orderBy.length > 0) lines.push(`ORDER BY ${this.sortItems(select.orderBy)}`)
    if (select.within !== undefined) lines.push(`WITHIN ${this.expression(select.within)}`)
    if (select.limit !== undefined) lines.push(`LIMIT ${this.expression(select.limit)}`)
    if (select.offset !== undefined) lines.push(`OFFSET ${this.expression(select.offset)}`)
    return lines.join('\n')
  }

  #groupBy(keys: readonly Expression[], sets: SelectQuery['groupingSets']): string {
    if (sets !== undefined) {
      const list = sets.map((set) => `(${this.list(set.map((index) => keys[index]!))})`)
      return `GROUPING SETS (${list.join(', ')})`
    }
    return keys.length === 0 ? '()' : this.list(keys)
  }

  #item(item: SelectItem): string {
    if (item.kind === 'star') return item.source === undefined ? '*' : `${this.name(item.source)}.*`
    return `${this.expression(item.expression)}${item.alias === undefined ? '' : ` AS ${this.name(item.alias)}`}`
  }

  #from(from: FromItem): string {
    if (from.kind === 'join') {
      const right = from.right.kind === 'join' ? `(${this.#from(from.right)})` : this.#from(from.right)
      const condition =
        from.on !== undefined
          ? ` ON ${this.expression(from.on)}`
          : from.using !== undefined
            ? ` USING ${this.names(from.using)}`
            : ''
      return `${this.#from(from.left)}\n${from.natural ? 'NATURAL ' : ''}${from.join} JOIN ${right}${condition}`
    }
    const source = this.#source(from)
    const over = from.over === undefined ? '' : ` OVER ${this.window(from.over)}`
    const alias = from.alias === undefined ? '' : ` AS ${this.name(from.alias)}`
    return `${source}${over}${alias}${from.columns === undefined ? '' : ` ${this.names(from.columns)}`}`
  }

  #source(from: Exclude<FromItem, JoinSource>): string {
    const lateral = 'lateral' in from && from.lateral === true ? 'LATERAL ' : ''
    switch (from.kind) {
      case 'named': {
        const hints = from.hints === undefined ? '' : ` ${printHints(from.hints).trimEnd()}`
        const asOf = from.asOf === undefined ? '' : ` FOR SYSTEM_TIME AS OF ${this.expression(from.asOf)}`
        return `${from.name.map((part) => this.name(part)).join('.')}${hints}${asOf}`
      }
      case 'derived':
        return `${lateral}(${this.query(from.query)})`
      case 'function':
        return `${lateral}TABLE(${this.expression(from.call)})`
      case 'unnest':
        return `UNNEST(${this.expression(from.expression)})${from.ordinality ? ' WITH ORDINALITY' : ''}`
      case 'match':
        return this.#match(from)
    }
  }

  #match(match: MatchSource): string {
    const lines: string[] = []
    if (match.partitionBy.length > 0) lines.push(`PARTITION BY ${this.list(match.partitionBy)}`)
    if (match.orderBy.length > 0) lines.push(`ORDER BY ${this.sortItems(match.orderBy)}`)
    const measures = match.measures.map(
      ({ expression, alias }) => `${this.expression(expression)} AS ${this.name(alias)}`,
    )
    if (measures.length > 0) lines.push(`MEASURES ${measures.join(', ')}`)
    lines.push('ONE ROW PER MATCH')
    if (match.skip !== undefined) {
      const variable = 'variable' in match.skip ? ` ${this.name(match.skip.variable)}` : ''
      lines.push(`AFTER MATCH SKIP ${match.skip.kind}${variable}`)
    }
    const pattern = match.pattern.map((each) => `${this.name(each.variable)}${printQuantifier(each)}`)
    const within = match.within === undefined ? '' : ` WITHIN ${this.expression(match.within)}`
    lines.push(`PATTERN (${pattern.join(' ')})${within}`)
    const define = match.define.map(
      ({ variable, condition }) => `${this.name(variable)} AS ${this.expression(condition)}`,
    )
    if (define.length > 0) lines.push(`DEFINE ${define.join(', ')}`)
    const input = match.input.kind === 'join' ? `(${this.#from(match.input)})` : this.#from(match.input)
    return `${input} MATCH_RECOGNIZE (\n  ${lines.join('\n  ')}\n)`
  }
}

/** Whether a branch of a set operation needs no parentheses. */
function isClosed(query: Query): boolean {
  if (query.kind !== 'select') return query.kind === 'values'
  return query.limit === undefined && query.offset === undefined && query.orderBy.length === 0
}

function printQuantifier({ min, max, greedy }: PatternVariable): string {
  if (min === 1 && max === 1) return greedy ? '' : '{1}?'
  const mark = greedy ? '' : '?'
  if (max === Number.POSITIVE_INFINITY) return (min === 0 ? '*' : min === 1 ? '+' : `{${min},}`) + mark
  return (min === 0 && max === 1 && greedy ? '?' : `{${min},${max}}`) + mark
}

/** With a blank behind; empty if there are none. */
export function printHints(hints: readonly Hint[] | undefined): string {
  if (hints === undefined || hints.length === 0) return ''
  const texts = hints.map((hint) => {
    const options = hint.options.map(({ name, value }) => `${quoteString(name)} = ${quoteString(value)}`)
    const items = [...options, ...hint.names.map((name) => `\`${name.replaceAll('`', '``')}\``)]
    return items.length === 0 ? hint.name : `${hint.name}(${items.join(', ')})`
  })
  return `/*+ ${texts.join(', ')} */ `
}
