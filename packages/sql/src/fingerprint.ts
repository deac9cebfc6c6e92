/**
 * Fingerprints: a short, stable hash of what a plan node computes. The state of an operator is addressed by it, so that a
 * change of the program keeps the state of everything that still means the same.
 *
 * What counts: kinds of nodes, expressions, keys, windows, types, and, through the in-application streams that are read,
 * the plans of the pumps that write them. What does not count: the text, spans, comments, names of pumps, streams and
 * aliases, unrelated statements, and columns of an input that are not used. A column of an input stream or reference
 * table is known by its name and type, not by its number, so that a mapping may gain columns.
 *
 * Each column of a node has a description (how it is computed from input columns), and so have its rows (which rows there
 * are). A fingerprint is the hash of the node's rows and of all its columns in order, because stored rows are laid out so.
 * Descriptions are hashed at every node, so the cost is linear in the plan.
 */
import { createHash } from 'node:crypto'
import type { SqlType } from '@millrace/values'
import { visitNodes } from './expression/node-tools.ts'
import { typeText } from './functions/types.ts'
import type { AggregateCall, Expr, PlanNode, Program, RowOperatorSpec } from './plan.ts'

/** Part of every hash; raised when the layout of state or the meaning of descriptions changes. */
const version = 1

export interface Fingerprints {
  /** 16 hexadecimal digits. Equal for nodes that compute the same; see `address` for what is unique. */
  of(node: PlanNode): string
  /** As `of`, with '#2', '#3', ... where the program computes the same thing several times. The address of state. */
  address(node: PlanNode): string
}

export function fingerprints(program: Program): Fingerprints {
  const describer = new Describer(program)
  const addresses = new Map<PlanNode, string>()
  const counts = new Map<string, number>()
  for (const pump of program.pumps) {
    visitNodes(pump.plan, (node) => {
      const print = describer.fingerprint(node)
      const count = (counts.get(print) ?? 0) + 1
      counts.set(print, count)
      addresses.set(node, count === 1 ? print : `${print}#${count}`)
    })
  }
  return {
    of: (node) => describer.fingerprint(node),
    address: (node) => addresses.get(node) ?? describer.fingerprint(node),
  }
}

/** Fingerprint of one node of a program. For several nodes take `fingerprints`, which works them out once. */
export function fingerprint(node: PlanNode, program: Program): string {
  return new Describer(program).fingerprint(node)
}

interface Description {
  readonly rows: string
  readonly columns: readonly string[]
}

class Describer {
  readonly #program: Program
  readonly #nodes = new Map<PlanNode, Description>()
  readonly #streams = new Map<string, Description>()

  constructor(program: Program) {
    this.#program = program
  }

  fingerprint(node: PlanNode): string {
    const { rows, columns } = this.#describe(node)
    const types = node.schema.fields.map((field) => `${typeText(field.type)}${field.nullable ? '?' : ''}`)
    return hash('node', String(version), node.kind, rows, ...columns, ...types)
  }

  #describe(node: PlanNode): Description {
    const known = this.#nodes.get(node)
    if (known !== undefined) return known
    const description = this.#describeNew(node)
    this.#nodes.set(node, description)
    return description
  }

  #describeNew(node: PlanNode): Description {
    switch (node.kind) {
      case 'scan':
        return this.#stream(node.stream)
      case 'filter': {
        const input = this.#describe(node.input)
        return { rows: hash('filter', input.rows, text(node.predicate, input)), columns: input.columns }
      }
      case 'project': {
        const input = this.#describe(node.input)
        const columns = node.exprs.map((expr) => text(expr, input))
        return {
          rows:
            node.rowtime === undefined ? input.rows : hash('retime', input.rows, text(node.rowtime, input)),
          columns,
        }
      }
      case 'lookup-join': {
        const input = this.#describe(node.input)
        const tableText = this.#table(node.table)
        const table = node.tableSchema.fields.map((field) =>
          hash('table', tableText, field.name, typeText(field.type)),
        )
        const joined = { rows: input.rows, columns: [...input.columns, ...table] }
        const keys = node.inputKeys.map((key, i) => `${text(key, input)}=${table[node.tableKeys[i]!]}`)
        return {
          rows: hash(
            'lookup',
            tableText,
            node.join,
            input.rows,
            ...keys,
            '|',
            optional(node.residual, joined),
          ),
          columns: joined.columns,
        }
      }
      case 'window-join': {
        const [left, right] = [this.#describe(node.left), this.#describe(node.right)]
        const columns = [
          ...left.columns.map((column) => `l${column}`),
          ...right.columns.map((column) => `r${column}`),
        ]
        const windows = [node.leftWindow, node.rightWindow].map((window) =>
          window === undefined ? '-' : window.kind === 'range' ? `t${window.ms}` : `n${window.rows}`,
        )
        const keys = node.leftKeys.map((key, i) => `${text(key, left)}=${text(node.rightKeys[i]!, right)}`)
        const rows = hash(
          'join',
          node.join,
          left.rows,
          right.rows,
          ...windows,
          ...keys,
          '|',
          optional(node.residual, { rows: '', columns }),
        )
        return { rows, columns }
      }
      case 'over': {
        const input = this.#describe(node.input)
        const calls = node.windows.flatMap(({ partition, frame, calls: own }) => {
          const window = hash(
            'window',
            frame.kind,
            String(frame.preceding),
            ...partition.map((key) => text(key, input)),
          )
          return own.map((call) => hash('over', window, callText(call, input)))
        })
        return { rows: input.rows, columns: [...input.columns, ...calls] }
      }
      case 'group': {
        const input = this.#describe(node.input)
        const keys = node.keys.map((key) => text(key, input))
        const rows = hash('group', input.rows, String(node.timeKey), ...keys)
        return {
          rows,
          columns: [...keys, ...node.calls.map((call) => hash('call', rows, callText(call, input)))],
        }
      }
      case 'union': {
        const inputs = node.inputs.map((input) => this.#describe(input))
        return unionOf('union', inputs)
      }
      case 'table-source': {
        const table = this.#table(node.table)
        const columns = node.schema.fields.map((field, i) =>
          hash('table', table, String(i), typeText(field.type)),
        )
        return { rows: hash('table-source', table), columns }
      }
      case 'rows': {
        const input = this.#describe(node.input)
        const args = node.args.map((arg) => text(arg, input))
        const rows = hash('rows', operatorText(node.operator), input.rows, ...args.slice(node.passed))
        const made = node.schema.fields.slice(node.passed).map((field, i) =>
          // Names of made columns are the operator's own.
          hash('made', rows, String(i), typeText(field.type)),
        )
        // Rows come again or at another time; a carried column is what it was.
        return { rows, columns: [...args.slice(0, node.passed), ...made] }
      }
    }
  }

  /** Derived tables are known by what they hold; their names count up. */
  #table(name: string): string {
    const derived = this.#program.derived?.find((each) => each.name === name)
    if (derived === undefined) return name
    return hash(
      'derived',
      JSON.stringify(derived.plan, (key, value: unknown) => {
        if (key === 'span' || key === 'name') return undefined
        if (key === 'table') return this.#table(String(value))
        return typeof value === 'bigint' ? `${value}n` : value
      }),
    )
  }

  #stream(name: string): Description {
    const known = this.#streams.get(name)
    if (known !== undefined) return known
    const stream = this.#program.streams.find((each) => each.name === name)
    const writers = this.#program.pumps.filter((pump) => pump.target === name)
    const fields = stream?.schema.fields ?? []
    const description =
      stream?.origin === 'input' || writers.length === 0
        ? {
            rows: hash('input', name),
            columns: fields.map((field) => hash('column', name, field.name, typeText(field.type))),
          }
        : unionOf(
            'stream',
            writers.map((pump) => this.#describe(pump.plan)),
          )
    this.#streams.set(name, description)
    return description
  }
}

/** Spans do not count. The binder writes properties in one order. */
function operatorText(operator: RowOperatorSpec): string {
  return JSON.stringify(operator, (key, value: unknown) => {
    if (key === 'span') return undefined
    return typeof value === 'bigint' ? `${value}n` : value
  })
}

function unionOf(kind: string, inputs: readonly Description[]): Description {
  const rows = hash(kind, ...inputs.map((input) => input.rows))
  if (inputs.length === 1) return { rows, columns: inputs[0]!.columns }
  return {
    rows,
    columns: inputs[0]!.columns.map((_, i) => hash(kind, ...inputs.map((input) => input.columns[i]!))),
  }
}

function callText(call: AggregateCall, input: Description): string {
  return hash(
    call.fn,
    String(call.distinct),
    String(call.ignoreNulls),
    typeText(call.type),
    ...call.args.map((arg) => text(arg, input)),
  )
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
      return hash('literal', typeText(expr.type), literalText(expr.value, expr.type))
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

function literalText(value: unknown, type: SqlType): string {
  if (value instanceof Uint8Array) return [...value].join()
  return value === null
    ? `null ${type.kind}`
    : `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`
}

/** Parts are length-prefixed, so that different lists never make the same text. */
function hash(...parts: readonly string[]): string {
  const sha = createHash('sha256')
  for (const part of parts) sha.update(`${part.length}:${part}`)
  return sha.digest('hex').slice(0, 16)
}
