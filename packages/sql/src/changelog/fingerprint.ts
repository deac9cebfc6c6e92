/**
 * Fingerprints of changelog nodes: a short, stable hash of what a node computes. The state of an operator is addressed by
 * it, so that a change of the program keeps the state of everything that still means the same.
 *
 * What counts: kinds of nodes, expressions, keys, windows, lengths of state, types and the fingerprints of the inputs. What
 * does not: texts, spans, names of columns, views and sinks. A column of a source is known by its name and type, not by its
 * number. As in the fingerprints of KDA programs (../fingerprint.ts) each column has a description of how it is computed,
 * so that projections in between leave no trace; stored rows are laid out by column, so a node's fingerprint is made of its
 * rows and of all its columns in order.
 */
import { createHash } from 'node:crypto'
import type { SqlType } from '@millrace/values'
import { typeText } from '../functions/types.ts'
import type { Expr } from '../plan.ts'
import { inputsOf } from './binder/nodes.ts'
import type {
  AggregateCall,
  ChangelogNode,
  ChangelogProgram,
  JoinCondition,
  MatchReference,
  SortKey,
  WindowSpec,
} from './plan.ts'
import { valueKey } from './value.ts'

/** Part of every hash; raised when the layout of state or the meaning of descriptions changes. */
const version = 1

export interface ChangelogFingerprints {
  /** 16 hexadecimal digits. Equal for nodes that compute the same. */
  of(node: ChangelogNode): string
  /** Of what the node keeps, with '#2', '#3', ... where several nodes keep the same. The address of state. */
  address(node: ChangelogNode): string
}

/** Fingerprints of the nodes of a program, in the order of its sinks. */
export function changelogFingerprints(program: Pick<ChangelogProgram, 'sinks'>): ChangelogFingerprints {
  const describer = new Describer()
  const addresses = new Map<ChangelogNode, string>()
  const counts = new Map<string, number>()
  const visit = (node: ChangelogNode): void => {
    if (addresses.has(node)) return
    for (const input of inputsOf(node)) visit(input)
    const print = describer.address(node)
    const count = (counts.get(print) ?? 0) + 1
    counts.set(print, count)
    addresses.set(node, count === 1 ? print : `${print}#${count}`)
  }
  for (const sink of program.sinks) visit(sink.plan)
  return {
    of: (node) => describer.fingerprint(node),
    address: (node) => addresses.get(node) ?? describer.fingerprint(node),
  }
}

/** `rows`: which rows there are, and in what changes; `columns`: how each column comes about. */
interface Description {
  readonly rows: string
  readonly columns: readonly string[]
}

class Describer {
  readonly #descriptions = new Map<ChangelogNode, Description>()
  readonly #prints = new Map<ChangelogNode, string>()

  fingerprint(node: ChangelogNode): string {
    const known = this.#prints.get(node)
    if (known !== undefined) return known
    const { rows, columns } = this.describe(node)
    const types = node.schema.fields.map((field) => `${typeText(field.type)}${field.nullable ? '?' : ''}`)
    const print = hash('changelog', String(version), node.kind, rows, ...columns, ...types)
    this.#prints.set(node, print)
    return print
  }

  /** Where the state does not hold rows, their columns do not count. */
  address(node: ChangelogNode): string {
    const counts = node.kind === 'limit' && node.input.traits.changes === 'append'
    if (node.kind !== 'watermark' && !counts) return this.fingerprint(node)
    return hash('changelog', String(version), node.kind, this.describe(node).rows)
  }

  describe(node: ChangelogNode): Description {
    const known = this.#descriptions.get(node)
    if (known !== undefined) return known
    const description = this.#describeNew(node)
    this.#descriptions.set(node, description)
    return description
  }

  #describeNew(node: ChangelogNode): Description {
    switch (node.kind) {
      case 'source':
        return {
          rows: hash('source', node.table),
          columns: node.schema.fields.map((field) =>
            hash('column', node.table, field.name, typeText(field.type)),
          ),
        }
      case 'watermark': {
        const input = this.describe(node.input)
        const parts = [input.columns[node.column]!, text(node.watermark, input), String(node.idleTimeout)]
        return { rows: hash('watermark', input.rows, ...parts), columns: input.columns }
      }
      case 'normalize': {
        const input = this.describe(node.input)
        return { rows: hash('normalize', input.rows, ...at(input, node.key)), columns: input.columns }
      }
      case 'values': {
        const rows = hash('values', ...node.rows.map((row) => hash(...row.map((value) => text(value, none)))))
        return own(rows, node.schema.fields.length)
      }
      case 'filter': {
        const input = this.describe(node.input)
        return { rows: hash('filter', input.rows, text(node.predicate, input)), columns: input.columns }
      }
      case 'project': {
        const input = this.describe(node.input)
        return { rows: input.rows, columns: node.exprs.map((expr) => text(expr, input)) }
      }
      case 'async-project': {
        const input = this.describe(node.input)
        const value = hash('async', node.fn, ...node.args.map((arg) => text(arg, input)))
        return { rows: hash('async', input.rows, value), columns: [...input.columns, value] }
      }
      case 'union': {
        const inputs = node.inputs.map((input) => this.describe(input))
        const rows = hash('union', ...inputs.map((input) => input.rows))
        const columns = node.schema.fields.map((_, i) =>
          hash('union', ...inputs.map((input) => input.columns[i]!)),
        )
        return { rows, columns }
      }
      case 'expand': {
        const input = this.describe(node.input)
        const sets = node.sets.map((set) => hash(...at(input, set)))
        const rows = hash('expand', input.rows, ...at(input, node.keys), '|', ...sets)
        const columns = input.columns.map((column, i) =>
          node.keys.includes(i) ? hash('set', rows, column) : column,
        )
        return { rows, columns: [...columns, hash('grouping-id', rows)] }
      }
      case 'aggregate': {
        const input = this.describe(node.input)
        const keys = at(input, node.keys)
        const rows = hash('aggregate', input.rows, node.input.traits.changes, String(node.ttl), ...keys)
        return { rows, columns: [...keys, ...calls(node.calls, rows, input)] }
      }
      case 'window-assign': {
        const input = this.describe(node.input)
        const rows = hash('assign', input.rows, windowText(node.window, input))
        const bounds = ['start', 'end', 'time'].map((name) => hash(name, rows))
        return { rows, columns: [...input.columns, ...bounds] }
      }
      case 'window-aggregate': {
        const input = this.describe(node.input)
        const keys = at(input, node.keys)
        const { window } = node
        const cut =
          window.kind === 'assigned'
            ? hash(
                'assigned',
                ...at(input, [...(window.start === undefined ? [] : [window.start]), window.end]),
                window.time.kind,
              )
            : windowText(window, input)
        const { changes } = node.input.traits
        const rows = hash('window', input.rows, changes, cut, String(node.early), ...keys)
        const properties = node.properties.map((property) => hash(property, rows))
        return { rows, columns: [...keys, ...calls(node.calls, rows, input), ...properties] }
      }
      case 'over': {
        const input = this.describe(node.input)
        const frame = hash(
          'over',
          node.frame.kind,
          String(node.frame.preceding),
          node.time.kind,
          input.columns[node.time.column]!,
          ...at(input, node.partition),
        )
        return {
          rows: hash('over', input.rows, frame),
          columns: [...input.columns, ...calls(node.calls, frame, input)],
        }
      }
      case 'join': {
        const parts = [node.join, String(node.nullAware), String(node.leftTtl), String(node.rightTtl)]
        return this.#join(node, parts, node.condition)
      }
      case 'interval-join': {
        const { leftTime, rightTime, lower, upper } = node
        const parts = [node.join, leftTime.kind, rightTime.kind, String(lower), String(upper)]
        return this.#join(node, parts, node.condition, [leftTime.column], [rightTime.column])
      }
      case 'temporal-join': {
        const { leftTime, rightTime } = node
        const rightColumns = rightTime === undefined ? [] : [rightTime.column]
        return this.#join(node, [node.join, leftTime.kind], node.condition, [leftTime.column], rightColumns)
      }
      case 'window-join': {
        const parts = [node.join, node.time, String(node.nullAware)]
        return this.#join(node, parts, node.condition, [node.leftEnd], [node.rightEnd])
      }
      case 'lookup-join': {
        const input = this.describe(node.input)
        const table = node.tableSchema.fields.map((field) =>
          hash('lookup', node.table, field.name, typeText(field.type)),
        )
        const columns = [...input.columns, ...table]
        const keys = node.inputKeys.map((key, i) => `${text(key, input)}=${table[node.tableKeys[i]!]}`)
        const residual = optional(node.residual, { rows: '', columns })
        return { rows: hash('lookup', node.table, node.join, input.rows, ...keys, '|', residual), columns }
      }
      case 'correlate': {
        const input = this.describe(node.input)
        const { source } = node
        const made =
          source.kind === 'unnest'
            ? hash('unnest', String(source.ordinality), text(source.collection, input))
            : hash('table-function', source.fn, ...source.args.map((arg) => text(arg, input)))
        const fields = node.fields.map((field, i) => hash('field', made, String(i), typeText(field.type)))
        const columns = [...input.columns, ...fields]
        const residual = optional(node.residual, { rows: '', columns })
        return { rows: hash('correlate', node.join, input.rows, made, residual), columns }
      }
      case 'set-operation': {
        const [left, right] = [this.describe(node.left), this.describe(node.right)]
        const rows = hash(
          'set',
          node.op,
          String(node.all),
          left.rows,
          right.rows,
          ...left.columns,
          '|',
          ...right.columns,
        )
        return own(rows, left.columns.length)
      }
      case 'rank': {
        const input = this.describe(node.input)
        const parts = [String(node.from), String(node.to), String(node.number), String(node.ttl)]
        const rows = hash(
          'rank',
          input.rows,
          promise(node.input, input),
          ...parts,
          ...at(input, node.partition),
          '|',
          ...order(node.order, input),
        )
        return numbered(input, rows, node.number)
      }
      case 'dedup': {
        const input = this.describe(node.input)
        const parts = [
          node.keep,
          node.time.kind,
          input.columns[node.time.column]!,
          String(node.number),
          String(node.ttl),
        ]
        return numbered(input, hash('dedup', input.rows, ...parts, ...at(input, node.partition)), node.number)
      }
      case 'window-rank': {
        const input = this.describe(node.input)
        const parts = [
          String(node.from),
          String(node.to),
          String(node.number),
          String(node.latest === true),
          node.time,
          input.columns[node.end]!,
        ]
        const rows = hash(
          'window-rank',
          input.rows,
          ...parts,
          ...at(input, node.partition),
          '|',
          ...order(node.order, input),
        )
        return numbered(input, rows, node.number)
      }
      case 'sort': {
        const input = this.describe(node.input)
        return { rows: hash('sort', input.rows, ...order(node.order, input)), columns: input.columns }
      }
      case 'limit': {
        const input = this.describe(node.input)
        return {
          rows: hash('limit', input.rows, node.input.traits.changes, String(node.offset), String(node.limit)),
          columns: input.columns,
        }
      }
      case 'match': {
        const input = this.describe(node.input)
        const references = node.references.map((reference) => referenceText(reference, input))
        const seen = { rows: '', columns: references }
        const pattern = node.pattern.map(({ variable, min, max, greedy }) =>
          hash(variable, String(min), String(max), String(greedy)),
        )
        const define = node.define.map(({ variable, condition }) => hash(variable, text(condition, seen)))
        const { skip } = node
        const rows = hash(
          'match',
          input.rows,
          ...at(input, node.partition),
          ...order(node.order, input),
          ...pattern,
          ...define,
          skip.kind,
          'variable' in skip ? skip.variable : '',
          String(node.within),
        )
        const measures = node.measures.map((measure) => hash('measure', rows, text(measure, seen)))
        return { rows, columns: [...at(input, node.partition), ...measures] }
      }
    }
  }

  #join(
    node: Extract<ChangelogNode, { left: ChangelogNode; join: string }>,
    parts: readonly string[],
    condition: JoinCondition,
    leftColumns: readonly number[] = [],
    rightColumns: readonly number[] = [],
  ): Description {
    const [left, right] = [this.describe(node.left), this.describe(node.right)]
    const columns = [
      ...left.columns.map((column) => `l${column}`),
      ...right.columns.map((column) => `r${column}`),
    ]
    const keys = condition.leftKeys.map(
      (key, i) =>
        `${text(key, left)}${condition.nullSafe[i] === true ? '==' : '='}${text(condition.rightKeys[i]!, right)}`,
    )
    const rows = hash(
      node.kind,
      left.rows,
      right.rows,
      promise(node.left, left),
      promise(node.right, right),
      ...parts,
      ...at(left, leftColumns),
      '|',
      ...at(right, rightColumns),
      '|',
      ...keys,
      '|',
      optional(condition.residual, { rows: '', columns }),
    )
    const one = node.join === 'semi' || node.join === 'anti'
    return { rows, columns: one ? left.columns : columns }
  }
}

const none: Description = { rows: '', columns: [] }

/** Columns of a node that makes its rows itself. */
function own(rows: string, width: number): Description {
  return { rows, columns: Array.from({ length: width }, (_, i) => hash('own', rows, String(i))) }
}

function numbered(input: Description, rows: string, number: boolean): Description {
  return { rows, columns: number ? [...input.columns, hash('number', rows)] : input.columns }
}

/** What is promised of a node's rows, which decides how an operator above keeps them. */
function promise(node: ChangelogNode, description: Description): string {
  const keys = node.traits.keys.map((key) => hash(...at(description, key)))
  return hash(node.traits.changes, ...keys)
}

function at(input: Description, columns: readonly number[]): string[] {
  return columns.map((column) => input.columns[column]!)
}

function order(keys: readonly SortKey[], input: Description): string[] {
  return keys.map((key) => `${input.columns[key.column]} ${key.descending} ${key.nullsLast}`)
}

function calls(all: readonly AggregateCall[], scope: string, input: Description): string[] {
  return all.map((call) => hash('call', scope, callText(call, input)))
}

function callText(call: AggregateCall, input: Description): string {
  const args = call.args.map((arg) => text(arg, input))
  return hash(call.fn, String(call.distinct), typeText(call.type), ...args, '|', optional(call.filter, input))
}

function windowText(window: WindowSpec, input: Description): string {
  const { time, zone } = window
  const shape =
    window.kind === 'tumble'
      ? [window.size, window.offset]
      : window.kind === 'hop'
        ? [window.slide, window.size, window.offset]
        : window.kind === 'cumulate'
          ? [window.step, window.size, window.offset]
          : [window.gap]
  const partition = window.kind === 'session' ? at(input, window.partition) : []
  return hash(
    window.kind,
    time.kind,
    input.columns[time.column]!,
    zone ?? '',
    ...shape.map(String),
    ...partition,
  )
}

function referenceText(reference: MatchReference, input: Description): string {
  switch (reference.kind) {
    case 'match-rowtime':
    case 'match-proctime':
      return hash(reference.kind)
    case 'aggregate':
      return hash('aggregate', variableText(reference.variable), callText(reference.call, input))
    case 'first':
    case 'last': {
      const { kind, variable, offset, expr } = reference
      return hash(kind, variableText(variable), String(offset), text(expr, input))
    }
  }
}

function variableText(variable: string | undefined): string {
  return variable === undefined ? '*' : `v${variable}`
}

function optional(expr: Expr | undefined, input: Description): string {
  return expr === undefined ? '' : text(expr, input)
}

/** The hash of an expression over columns that have descriptions. A bare column is its own description. */
function text(expr: Expr, input: Description): string {
  switch (expr.kind) {
    case 'column':
      return input.columns[expr.index]!
    case 'rowtime':
      return hash('rowtime', input.rows)
    case 'literal':
      return hash('literal', typeText(expr.type), literalText(expr))
    case 'call':
      return hash(
        'call',
        expr.fn,
        typeText(expr.type),
        String(expr.nullable),
        ...expr.args.map((arg) => text(arg, input)),
      )
  }
}

function literalText(expr: {
  readonly value: Parameters<typeof valueKey>[0]
  readonly type: SqlType
}): string {
  return Object.is(expr.value, -0) ? '-0' : valueKey(expr.value)
}

/** Parts are length-prefixed, so that different lists never make the same text. */
function hash(...parts: readonly string[]): string {
  const sha = createHash('sha256')
  for (const part of parts) sha.update(`${part.length}:${part}`)
  return sha.digest('hex').slice(0, 16)
}
