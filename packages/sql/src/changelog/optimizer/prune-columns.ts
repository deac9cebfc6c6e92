/**
 * Columns that nothing reads are left out, down to the sources. First each node is asked, from the sinks down, which columns
 * its readers need in all; then nodes are made anew from the sources up. Sources keep their columns, as their rows come
 * from outside; an operator that keeps rows gets a projection in front of it where its input is wider than it needs.
 */
import { columnOf, inputsOf, makeProject, remake, withInputs } from '../binder/nodes.ts'
import type { AggregateCall, ChangelogNode, JoinCondition, Sink } from '../plan.ts'
import { inputNeeds } from './input-needs.ts'
import { moved, movedCondition, type Pruned, remapped, type WithInput } from './move-columns.ts'

export function pruneColumns(sinks: readonly Sink[]): readonly Sink[] {
  const needs = new Map<ChangelogNode, Set<number>>()
  for (const node of fromSinks(sinks)) {
    const own = needs.get(node) ?? new Set(node.schema.fields.keys()) // A sink's plan: all.
    needs.set(node, own)
    for (const [i, wanted] of inputNeeds(node, own).entries()) {
      const input = inputsOf(node)[i]!
      const known = needs.get(input) ?? new Set()
      for (const column of wanted) known.add(column)
      needs.set(input, known)
    }
  }
  for (const { plan } of sinks) for (const column of plan.schema.fields.keys()) needs.get(plan)!.add(column)
  const pruner = new Pruner(needs)
  return sinks.map((sink) => {
    const plan = pruner.narrowed(sink.plan, [...sink.plan.schema.fields.keys()])
    return plan === sink.plan ? sink : { ...sink, plan }
  })
}

/** Every node after all that read it. Plans of sinks need all their columns, also where others read them as well. */
function fromSinks(sinks: readonly Sink[]): readonly ChangelogNode[] {
  const order: ChangelogNode[] = []
  const seen = new Set<ChangelogNode>()
  const visit = (node: ChangelogNode): void => {
    if (seen.has(node)) return
    seen.add(node)
    for (const input of inputsOf(node)) visit(input)
    order.push(node)
  }
  for (const sink of sinks) visit(sink.plan)
  return order.reverse()
}

class Pruner {
  readonly #needs: ReadonlyMap<ChangelogNode, ReadonlySet<number>>
  readonly #done = new Map<ChangelogNode, Pruned>()
  /** Projections made, so that two readers of equal columns of one node share one. */
  readonly #narrow = new Map<ChangelogNode, Map<string, ChangelogNode>>()

  constructor(needs: ReadonlyMap<ChangelogNode, ReadonlySet<number>>) {
    this.#needs = needs
  }

  /** The node with exactly these of its old columns, in this order. */
  narrowed(node: ChangelogNode, columns: readonly number[]): ChangelogNode {
    const { node: made, places } = this.#prune(node)
    const wanted = columns.map((column) => places[column]!)
    const { fields } = made.schema
    if (wanted.length === fields.length && wanted.every((column, i) => column === i)) return made
    const known = this.#narrow.get(made) ?? new Map<string, ChangelogNode>()
    this.#narrow.set(made, known)
    const key = wanted.join()
    const project =
      known.get(key) ??
      makeProject(
        made,
        wanted.map((column) => columnOf(made, column, made.span)),
        wanted.map((column) => fields[column]!.name),
        made.span,
      )
    known.set(key, project)
    return project
  }

  #prune(node: ChangelogNode): Pruned {
    const known = this.#done.get(node)
    if (known !== undefined) return known
    const pruned = this.#pruneNew(node, this.#needs.get(node)!)
    this.#done.set(node, pruned)
    return pruned
  }

  /** The input with what the node needs of it and no more; where its old columns then are. */
  #tight(node: ChangelogNode, needs: ReadonlySet<number>, side = 0): Pruned {
    const input = inputsOf(node)[side]!
    const columns = [...(inputNeeds(node, needs)[side] ?? [])].sort((a, b) => a - b)
    return { node: this.narrowed(input, columns), places: placesOf(columns, input.schema.fields.length) }
  }

  #pruneNew(node: ChangelogNode, needs: ReadonlySet<number>): Pruned {
    switch (node.kind) {
      case 'source':
      case 'values':
        return { node, places: [...node.schema.fields.keys()] }
      case 'set-operation': {
        const all = [...node.schema.fields.keys()]
        const inputs = inputsOf(node).map((input) => this.narrowed(input, all))
        return { node: withInputs(node, inputs), places: all }
      }
      case 'union': {
        const columns = [...needs].sort((a, b) => a - b)
        const inputs = node.inputs.map((input) => this.narrowed(input, columns))
        const made = remake({ ...node, inputs })
        return { node: made, places: placesOf(columns, node.schema.fields.length) }
      }
      case 'project': {
        const { node: input, places } = this.#prune(node.input)
        const kept = node.exprs.flatMap((_, i) => (needs.has(i) ? [i] : []))
        if (kept.length === node.exprs.length && input === node.input)
          return { node, places: [...node.exprs.keys()] }
        const made = makeProject(
          input,
          kept.map((i) => moved(node.exprs[i]!, places)),
          kept.map((i) => node.schema.fields[i]!.name),
          node.span,
        )
        return { node: made, places: placesOf(kept, node.exprs.length) }
      }
      case 'watermark':
      case 'normalize':
      case 'filter':
      case 'limit':
      case 'async-project':
      case 'expand':
      case 'lookup-join':
      case 'correlate':
        return this.#appending(node, this.#prune(node.input))
      case 'window-assign': {
        const isStored = node.window.kind === 'session'
        return this.#appending(node, isStored ? this.#tight(node, needs) : this.#prune(node.input))
      }
      case 'sort':
        return this.#appending(node, this.#tight(node, needs))
      case 'over': {
        const width = node.input.schema.fields.length
        const calls = keptCalls(node.calls, width, needs, true)
        const input = this.#tight({ ...node, calls: calls.map((i) => node.calls[i]!) }, needs)
        const made = remapped({ ...node, calls: calls.map((i) => node.calls[i]!) }, input)
        const own = input.node.schema.fields.length
        const places = node.calls.map((_, i) => (calls.includes(i) ? own + calls.indexOf(i) : -1))
        return { node: made, places: [...input.places, ...places] }
      }
      case 'rank':
      case 'dedup':
      case 'window-rank': {
        const number = node.number && needs.has(node.schema.fields.length - 1)
        const input = this.#tight(node, needs)
        const made = remapped({ ...node, number }, input)
        const last = node.number ? [number ? made.schema.fields.length - 1 : -1] : []
        return { node: made, places: [...input.places, ...last] }
      }
      case 'aggregate':
      case 'window-aggregate':
        return this.#aggregate(node, needs)
      case 'match': {
        const input = this.#tight(node, needs)
        return { node: remapped(node, input), places: [...node.schema.fields.keys()] }
      }
      case 'join':
      case 'interval-join':
      case 'temporal-join':
      case 'window-join': {
        const [left, right] = [this.#tight(node, needs, 0), this.#tight(node, needs, 1)]
        const condition = movedCondition(node.condition, left, right)
        const made = remakeJoin(node, left, right, condition)
        const one = node.join === 'semi' || node.join === 'anti'
        const offset = left.node.schema.fields.length
        const rightPlaces = right.places.map((place) => (place < 0 ? -1 : place + offset))
        return { node: made, places: one ? left.places : [...left.places, ...rightPlaces] }
      }
    }
  }

  /** Nodes whose rows are those of the input with columns added at the end. */
  #appending(node: WithInput, input: Pruned): Pruned {
    const made = remapped(node, input)
    const before = node.input.schema.fields.length
    const after = input.node.schema.fields.length
    const added = node.schema.fields.length - before
    return { node: made, places: [...input.places, ...Array.from({ length: added }, (_, i) => after + i)] }
  }

  #aggregate(
    node: Extract<ChangelogNode, { kind: 'aggregate' | 'window-aggregate' }>,
    needs: ReadonlySet<number>,
  ): Pruned {
    const first = node.keys.length
    // A group of all rows has no row of its own without a call.
    const calls = keptCalls(node.calls, first, needs, node.kind === 'aggregate' && first === 0)
    const properties =
      node.kind === 'window-aggregate'
        ? node.properties.flatMap((_, i) => (needs.has(first + node.calls.length + i) ? [i] : []))
        : []
    const own = calls.map((i) => node.calls[i]!)
    const slim: typeof node =
      node.kind === 'aggregate'
        ? { ...node, calls: own }
        : { ...node, calls: own, properties: properties.map((i) => node.properties[i]!) }
    const input = this.#prune(node.input)
    const callPlaces = node.calls.map((_, i) => (calls.includes(i) ? first + calls.indexOf(i) : -1))
    const propertyPlaces =
      node.kind === 'window-aggregate'
        ? node.properties.map((_, i) =>
            properties.includes(i) ? first + calls.length + properties.indexOf(i) : -1,
          )
        : []
    const places = [...node.keys.keys(), ...callPlaces, ...propertyPlaces]
    return { node: remapped(slim, input), places }
  }
}

/** Calls that are read, at least one if `some`. */
function keptCalls(
  calls: readonly AggregateCall[],
  offset: number,
  needs: ReadonlySet<number>,
  some: boolean,
): readonly number[] {
  const kept = calls.flatMap((_, i) => (needs.has(offset + i) ? [i] : []))
  return kept.length === 0 && some && calls.length > 0 ? [0] : kept
}

function placesOf(columns: readonly number[], width: number): readonly number[] {
  const places = new Array<number>(width).fill(-1)
  for (const [place, column] of columns.entries()) places[column] = place
  return places
}

function remakeJoin(
  node: Extract<ChangelogNode, { left: ChangelogNode; join: string }>,
  left: Pruned,
  right: Pruned,
  condition: JoinCondition,
): ChangelogNode {
  const common = { left: left.node, right: right.node, condition }
  switch (node.kind) {
    case 'join':
      return remake({ ...node, ...common })
    case 'interval-join':
    case 'temporal-join': {
      const leftTime = { ...node.leftTime, column: left.places[node.leftTime.column]! }
      const rightTime = node.rightTime && {
        ...node.rightTime,
        column: right.places[node.rightTime.column]!,
      }
      return node.kind === 'interval-join'
        ? remake({ ...node, ...common, leftTime, rightTime: rightTime ?? node.rightTime })
        : remake({ ...node, ...common, leftTime, rightTime })
    }
    case 'window-join': {
      const [leftEnd, rightEnd] = [left.places[node.leftEnd]!, right.places[node.rightEnd]!]
      return remake({ ...node, ...common, leftEnd, rightEnd })
    }
  }
}
