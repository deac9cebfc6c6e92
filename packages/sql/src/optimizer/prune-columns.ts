/**
 * Column pruning: every node carries only the columns that something above it reads, so that join and window state stores
 * no more than that. It goes through in-application streams as well: a stream that is no output keeps the columns that
 * its readers read.
 *
 * An expression that can fail (an ASSIGN that may overflow, a division) is still evaluated although nobody reads it,
 * because its error row is part of the answer: a projection drops only what cannot fail, and a narrowing projection above
 * it takes the value away. A NOT NULL column stays in its stream if it might get a NULL, which the stream has to refuse.
 */
import type { Field, Schema } from '@millrace/values'
import { canFail } from '../expression/can-fail.ts'
import { columnsOf, mapColumns } from '../expression/expr-tools.ts'
import { narrowTo } from '../expression/node-tools.ts'
import type {
  AggregateCall,
  Expr,
  GroupNode,
  LookupJoinNode,
  OverNode,
  PlanNode,
  Program,
  ProjectNode,
  Pump,
  RowsNode,
  ScanNode,
  WindowJoinNode,
} from '../plan.ts'

export function pruneProgram(program: Program): Program {
  const kept = neededColumns(program)
  const shrunk = new Map<string, readonly number[]>()
  for (const stream of program.streams) {
    if (stream.origin === 'input' || program.outputs.includes(stream.name)) continue
    const needed = kept.get(stream.name)
    // A stream that nobody reads stays as it is declared.
    if (needed === undefined) continue
    const checked = stream.schema.fields.flatMap((field, i) =>
      field.nullable || !mayBeNull(program, stream.name, i) ? [] : [i],
    )
    shrunk.set(stream.name, sorted(new Set([...needed, ...checked])))
  }
  const streams = program.streams.map((stream) => {
    const columns = shrunk.get(stream.name)
    return columns === undefined ? stream : { ...stream, schema: pick(stream.schema, columns) }
  })
  const schemas = new Map(streams.map((stream) => [stream.name, stream.schema]))
  const pumps = program.pumps.map((pump): Pump => {
    const columns = shrunk.get(pump.target) ?? pump.plan.schema.fields.map((_, i) => i)
    const pruned = new Pruner(shrunk, schemas, new Map()).prune(pump.plan, new Set(columns))
    const plan = narrowTo(
      pruned.node,
      columns.map((column) => pruned.place(column)),
    )
    const schema = schemas.get(pump.target) ?? plan.schema
    return { ...pump, plan: { ...plan, schema } }
  })
  return { ...program, streams, pumps }
}

/** Whether a row with NULL in this column may come to the stream, which would be refused there if it is NOT NULL. */
function mayBeNull(program: Program, stream: string, column: number): boolean {
  return program.pumps.some(({ target, plan }) => {
    if (target !== stream) return false
    const expr = plan.kind === 'project' ? plan.exprs[column] : undefined
    if (expr === undefined || expr.nullable) return true
    return expr.kind === 'call' && expr.fn === 'ASSIGN' && expr.args[0]!.nullable
  })
}

/** Which columns of each stream are read. Pumps are in an order of writing before reading, so readers come last. */
function neededColumns(program: Program): Map<string, Set<number>> {
  const needed = new Map<string, Set<number>>()
  const wholeStreams = new Set(program.outputs)
  for (const pump of [...program.pumps].reverse()) {
    const target = needed.get(pump.target)
    const all = pump.plan.schema.fields.map((_, i) => i)
    const wanted = target === undefined || wholeStreams.has(pump.target) ? new Set(all) : target
    new Pruner(new Map(), new Map(), needed).prune(pump.plan, wanted)
  }
  return needed
}

interface Pruned {
  readonly node: PlanNode
  /** Where an old column is in the new node's row. Only for columns that were asked for. */
  place(column: number): number
}

class Pruner {
  /** Streams that lost columns: the old numbers of those that are left. */
  readonly #shrunk: ReadonlyMap<string, readonly number[]>
  readonly #schemas: ReadonlyMap<string, Schema>
  /** Filled with the columns of each stream that are read, by their numbers before anything was pruned. */
  readonly #reads: Map<string, Set<number>>

  constructor(
    shrunk: ReadonlyMap<string, readonly number[]>,
    schemas: ReadonlyMap<string, Schema>,
    reads: Map<string, Set<number>>,
  ) {
    this.#shrunk = shrunk
    this.#schemas = schemas
    this.#reads = reads
  }

  /** The node with at least the needed columns. */
  prune(node: PlanNode, needed: ReadonlySet<number>): Pruned {
    switch (node.kind) {
      case 'scan':
        return this.#scan(node, needed)
      case 'filter': {
        const input = this.prune(node.input, union(needed, columnsOf(node.predicate)))
        const predicate = mapColumns(node.predicate, (column) => input.place(column))
        return {
          node: { ...node, input: input.node, predicate, schema: input.node.schema },
          place: (column) => input.place(column),
        }
      }
      case 'project':
        return this.#project(node, needed)
      case 'lookup-join':
        return this.#lookupJoin(node, needed)
      case 'window-join':
        return this.#windowJoin(node, needed)
      case 'over':
        return this.#over(node, needed)
      case 'group':
        return this.#group(node, needed)
      case 'union': {
        const columns = sorted(needed)
        const inputs = node.inputs.map((input) => this.exactly(input, columns))
        return { node: { ...node, inputs, schema: pick(node.schema, columns) }, place: placeIn(columns) }
      }
      case 'table-source':
        return { node, place: (column) => column }
      case 'rows':
        return this.#rows(node, needed)
    }
  }

  /** The node with just these columns, in this order. */
  exactly(node: PlanNode, columns: readonly number[]): PlanNode {
    const pruned = this.prune(node, new Set(columns))
    return narrowTo(
      pruned.node,
      columns.map((column) => pruned.place(column)),
    )
  }

  /** A scan gives whole rows, which costs nothing; what stores rows takes a narrower projection. */
  #scan(node: ScanNode, needed: ReadonlySet<number>): Pruned {
    this.#reads.set(node.stream, union(this.#reads.get(node.stream) ?? new Set(), needed))
    const kept = this.#shrunk.get(node.stream)
    const schema = this.#schemas.get(node.stream) ?? node.schema
    return { node: { ...node, schema }, place: kept === undefined ? (column) => column : placeIn(kept) }
  }

  #project(node: ProjectNode, needed: ReadonlySet<number>): Pruned {
    const columns = sorted(
      new Set(node.exprs.flatMap((expr, i) => (needed.has(i) || canFail(expr) ? [i] : []))),
    )
    const exprs = columns.map((column) => node.exprs[column]!)
    const reads = new Set<number>()
    for (const expr of exprs) columnsOf(expr, reads)
    if (node.rowtime !== undefined) columnsOf(node.rowtime, reads)
    const input = this.prune(node.input, reads)
    const through = (expr: Expr): Expr => mapColumns(expr, (column) => input.place(column))
    const rowtime = node.rowtime === undefined ? undefined : through(node.rowtime)
    return {
      node: {
        ...node,
        input: input.node,
        exprs: exprs.map(through),
        rowtime,
        schema: pick(node.schema, columns),
      },
      place: placeIn(columns),
    }
  }

  #lookupJoin(node: LookupJoinNode, needed: ReadonlySet<number>): Pruned {
    const width = node.input.schema.fields.length
    const reads = new Set([...needed].filter((column) => column < width))
    for (const key of node.inputKeys) columnsOf(key, reads)
    if (node.residual !== undefined)
      for (const column of columnsOf(node.residual)) if (column < width) reads.add(column)
    const input = this.prune(node.input, reads)
    const newWidth = input.node.schema.fields.length
    const place = (column: number): number =>
      column < width ? input.place(column) : column - width + newWidth
    const fields = [...input.node.schema.fields, ...node.schema.fields.slice(width)]
    return {
      node: {
        ...node,
        input: input.node,
        inputKeys: node.inputKeys.map((key) => mapColumns(key, place)),
        residual: node.residual === undefined ? undefined : mapColumns(node.residual, place),
        schema: { fields },
      },
      place,
    }
  }

  #windowJoin(node: WindowJoinNode, needed: ReadonlySet<number>): Pruned {
    const start = node.left.schema.fields.length
    const reads = union(needed, node.residual === undefined ? new Set<number>() : columnsOf(node.residual))
    const leftReads = new Set([...reads].filter((column) => column < start))
    const rightReads = new Set([...reads].flatMap((column) => (column < start ? [] : [column - start])))
    for (const key of node.leftKeys) columnsOf(key, leftReads)
    for (const key of node.rightKeys) columnsOf(key, rightReads)
    const [leftColumns, rightColumns] = [sorted(leftReads), sorted(rightReads)]
    const [leftPlace, rightPlace] = [placeIn(leftColumns), placeIn(rightColumns)]
    const place = (column: number): number =>
      column < start ? leftPlace(column) : leftColumns.length + rightPlace(column - start)
    const fields = [...leftColumns, ...rightColumns.map((column) => column + start)].map(
      (column) => node.schema.fields[column]!,
    )
    return {
      node: {
        ...node,
        left: this.exactly(node.left, leftColumns),
        right: this.exactly(node.right, rightColumns),
        leftKeys: node.leftKeys.map((key) => mapColumns(key, leftPlace)),
        rightKeys: node.rightKeys.map((key) => mapColumns(key, rightPlace)),
        residual: node.residual === undefined ? undefined : mapColumns(node.residual, place),
        schema: { fields },
      },
      place,
    }
  }

  #over(node: OverNode, needed: ReadonlySet<number>): Pruned {
    const width = node.input.schema.fields.length
    let next = width
    const calls = node.windows.map((window) =>
      window.calls
        .map((call) => ({ call, column: next++ }))
        .filter(({ call, column }) => needed.has(column) || aggregateCanFail(call)),
    )
    const reads = new Set([...needed].filter((column) => column < width))
    for (const [i, window] of node.windows.entries()) {
      if (calls[i]!.length === 0) continue
      for (const key of window.partition) columnsOf(key, reads)
      for (const { call } of calls[i]!) for (const arg of call.args) columnsOf(arg, reads)
    }
    const columns = sorted(reads)
    const place = placeIn(columns)
    const through = (expr: Expr): Expr => mapColumns(expr, place)
    const windows = node.windows.flatMap(({ partition, frame }, i) => {
      if (calls[i]!.length === 0 && !partition.some(canFail)) return []
      return [
        {
          partition: partition.map(through),
          frame,
          calls: calls[i]!.map(({ call }) => ({ ...call, args: call.args.map(through) })),
        },
      ]
    })
    const input = this.exactly(node.input, columns)
    const kept = [...columns, ...calls.flat().map(({ column }) => column)]
    if (windows.length === 0) return { node: input, place }
    return { node: { ...node, input, windows, schema: pick(node.schema, kept) }, place: placeIn(kept) }
  }

  /** Columns that are only carried along may go; operands stay, and so do the columns that the operator makes. */
  #rows(node: RowsNode, needed: ReadonlySet<number>): Pruned {
    const { passed } = node
    const made = node.schema.fields.flatMap((_, i) => (i < passed ? [] : [i]))
    const carried = node.args.flatMap((arg, i) => (i < passed && (needed.has(i) || canFail(arg)) ? [i] : []))
    // No batch is without any column.
    if (carried.length + made.length === 0) carried.push(0)
    const reads = new Set<number>()
    const args = [...carried.map((i) => node.args[i]!), ...node.args.slice(passed)]
    for (const arg of args) columnsOf(arg, reads)
    const input = this.prune(node.input, reads)
    const columns = [...carried, ...made]
    return {
      node: {
        ...node,
        input: input.node,
        args: args.map((arg) => mapColumns(arg, (column) => input.place(column))),
        passed: carried.length,
        schema: pick(node.schema, columns),
      },
      place: placeIn(columns),
    }
  }

  /** Keys stay: they say which groups there are. */
  #group(node: GroupNode, needed: ReadonlySet<number>): Pruned {
    const keys = node.keys.length
    const kept = node.calls.flatMap((call, i) => (needed.has(keys + i) || aggregateCanFail(call) ? [i] : []))
    const calls = kept.map((i) => node.calls[i]!)
    const reads = new Set<number>()
    for (const key of node.keys) columnsOf(key, reads)
    for (const call of calls) for (const arg of call.args) columnsOf(arg, reads)
    const input = this.prune(node.input, reads)
    const through = (expr: Expr): Expr => mapColumns(expr, (column) => input.place(column))
    const columns = [...node.keys.keys(), ...kept.map((i) => keys + i)]
    return {
      node: {
        ...node,
        input: input.node,
        keys: node.keys.map(through),
        calls: calls.map((call) => ({ ...call, args: call.args.map(through) })),
        schema: pick(node.schema, columns),
      },
      place: placeIn(columns),
    }
  }
}

/** Sums overflow; what picks or counts values does not. */
function aggregateCanFail(call: AggregateCall): boolean {
  return (
    !['COUNT', 'MIN', 'MAX', 'FIRST_VALUE', 'LAST_VALUE', 'ANY', 'EVERY'].includes(call.fn) ||
    call.args.some(canFail)
  )
}

function placeIn(columns: readonly number[]): (column: number) => number {
  const places = new Map(columns.map((column, i) => [column, i]))
  return (column) => {
    const place = places.get(column)
    if (place === undefined) throw new Error(`column ${column} was pruned although it is read`)
    return place
  }
}

function pick(schema: Schema, columns: readonly number[]): Schema {
  return { fields: columns.map((column): Field => schema.fields[column]!) }
}

function union(a: ReadonlySet<number>, b: ReadonlySet<number>): Set<number> {
  return new Set([...a, ...b])
}

/** In order; a row keeps at least its first column, so that no batch is without any. */
function sorted(columns: ReadonlySet<number>): number[] {
  return columns.size === 0 ? [0] : [...columns].sort((a, b) => a - b)
}
