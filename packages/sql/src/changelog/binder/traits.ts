/**
 * What holds of a node's rows, derived from what it does and from its inputs: kinds of changes (spec 3.9), time attributes
 * (spec 3.4), keys, window columns. The rules only ever claim what holds of all inputs; a key that could be proved with
 * more effort may be missing.
 */
import type { Expr } from '../../plan.ts'
import type { ChangelogNode, JoinCondition, TimeAttribute, Traits, WindowColumns } from '../plan.ts'

/** A node whose traits are still to be found. */
export type WithoutTraits<N extends ChangelogNode = ChangelogNode> = N extends ChangelogNode
  ? Omit<N, 'traits'>
  : never

type Changes = Traits['changes']
type Keys = Traits['keys']

/** Key sets of one node are kept few: joins multiply them. */
const keysMax = 8

export const appendTraits: Traits = { changes: 'append', times: [], keys: [], window: undefined }

export function deriveTraits(node: WithoutTraits): Traits {
  switch (node.kind) {
    case 'source':
      // Its factory knows the connector; nothing can be derived here.
      return appendTraits
    case 'watermark': {
      const { traits } = node.input
      const times = traits.times.filter((time) => time.column !== node.column)
      return { ...traits, times: [...times, { column: node.column, kind: 'rowtime' }] }
    }
    case 'normalize':
      return { ...node.input.traits, changes: 'retract', keys: [node.key] }
    case 'values':
      return { ...appendTraits, keys: node.rows.length <= 1 ? [[]] : [] }
    case 'filter':
    case 'sort':
    case 'async-project':
      return node.input.traits
    case 'limit':
      return { ...node.input.traits, keys: node.limit <= 1 ? [[]] : node.input.traits.keys }
    case 'project':
      return projectTraits(node.input.traits, node.exprs)
    case 'union':
      return unionTraits(node.inputs.map((input) => input.traits))
    case 'expand': {
      const { traits, schema } = node.input
      const kept = (column: number): boolean => !node.keys.includes(column)
      return {
        changes: traits.changes,
        times: traits.times.filter((time) => kept(time.column)),
        keys: traits.keys.filter((key) => key.every(kept)).map((key) => [...key, schema.fields.length]),
        window: mapWindow(traits.window, (column) => (kept(column) ? column : undefined)),
      }
    }
    case 'aggregate': {
      const all = node.keys.map((_, i) => i)
      const changes = node.calls.length === 0 ? node.input.traits.changes : 'retract'
      return { ...appendTraits, changes, keys: [all] }
    }
    case 'window-assign': {
      const { traits, schema } = node.input
      const width = schema.fields.length
      const { kind } = node.window.time
      return {
        // Session windows hold rows back until they fire, so what was taken back until then never comes out, and no other
        // column of this kind is in order any more.
        changes: node.window.kind === 'session' ? 'append' : traits.changes,
        times: [...traits.times.filter((time) => time.kind !== kind), { column: width + 2, kind }],
        keys: node.window.kind === 'hop' || node.window.kind === 'cumulate' ? [] : traits.keys,
        window: { start: width, end: width + 1, time: width + 2, spec: node.window },
      }
    }
    case 'window-aggregate':
      return windowAggregateTraits(node)
    case 'over':
      return node.input.traits
    case 'join': {
      const [left, right] = [node.left.traits, node.right.traits]
      const append = left.changes === 'append' && right.changes === 'append'
      const emitsOnce = node.join === 'inner' || node.join === 'semi'
      return {
        ...appendTraits,
        changes: append && emitsOnce ? 'append' : 'retract',
        keys: joinKeys(node),
      }
    }
    case 'interval-join': {
      const offset = node.left.schema.fields.length
      const both = node.join !== 'semi' && node.join !== 'anti'
      const times = [...node.left.traits.times, ...(both ? shifted(node.right.traits.times, offset) : [])]
      return { ...appendTraits, times, keys: joinKeys(node) }
    }
    case 'temporal-join':
      return node.left.traits
    case 'lookup-join':
      return { ...node.input.traits, keys: [] }
    case 'window-join':
      return windowJoinTraits(node)
    case 'correlate': {
      const { traits, schema } = node.input
      const ordinality = node.source.kind === 'unnest' && node.source.ordinality
      const last = schema.fields.length + node.fields.length - 1
      return { ...traits, keys: ordinality ? traits.keys.map((key) => [...key, last]) : [] }
    }
    case 'set-operation': {
      const [left, right] = [node.left.traits, node.right.traits]
      const append = left.changes === 'append' && right.changes === 'append' && node.op === 'intersect'
      const all = node.left.schema.fields.map((_, i) => i)
      return {
        ...appendTraits,
        changes: append ? 'append' : 'retract',
        keys: node.all ? left.keys : [...left.keys, all],
      }
    }
    case 'rank': {
      const { traits, schema } = node.input
      const keys: number[][] = traits.keys.map((key) => [...key])
      if (node.to === 1) keys.unshift([...node.partition])
      else if (node.number) keys.push([...node.partition, schema.fields.length])
      return { ...appendTraits, changes: 'retract', keys: few(keys) }
    }
    case 'dedup': {
      const { traits } = node.input
      const changes = node.keep === 'first' && node.time.kind === 'proctime' ? 'append' : 'retract'
      // The view of the last rows is what temporal joins take as versions, so its times stay.
      return { changes, times: traits.times, keys: few([node.partition, ...traits.keys]), window: undefined }
    }
    case 'window-rank': {
      const { traits, schema } = node.input
      const { window } = traits
      const keys: number[][] = traits.keys.map((key) => [...key])
      if (node.to === 1) keys.unshift([...node.partition, node.end])
      else if (node.number) keys.push([...node.partition, node.end, schema.fields.length])
      return { changes: 'append', times: windowTimes(traits), keys: few(keys), window }
    }
    case 'match': {
      const width = node.partition.length
      const times = node.measures.flatMap((measure, i): TimeAttribute[] => {
        const reference = measure.kind === 'column' ? node.references[measure.index] : undefined
        if (reference?.kind === 'match-rowtime') return [{ column: width + i, kind: 'rowtime' }]
        return reference?.kind === 'match-proctime' ? [{ column: width + i, kind: 'proctime' }] : []
      })
      return { ...appendTraits, times }
    }
  }
}

function projectTraits(input: Traits, exprs: readonly Expr[]): Traits {
  const placeOf = (column: number): number | undefined => {
    const place = exprs.findIndex((expr) => expr.kind === 'column' && expr.index === column)
    return place < 0 ? undefined : place
  }
  const times = exprs.flatMap((expr, column): TimeAttribute[] => {
    if (expr.kind === 'call' && expr.fn === 'PROCTIME') return [{ column, kind: 'proctime' }]
    const time = expr.kind === 'column' ? input.times.find((each) => each.column === expr.index) : undefined
    return time === undefined ? [] : [{ column, kind: time.kind }]
  })
  const keys = input.keys.flatMap((key) => {
    const places = key.flatMap((column) => placeOf(column) ?? [])
    return places.length === key.length ? [places] : []
  })
  return { changes: input.changes, times, keys, window: mapWindow(input.window, placeOf) }
}

function unionTraits(inputs: readonly Traits[]): Traits {
  const first = inputs[0] ?? appendTraits
  if (inputs.length <= 1) return first
  const times = first.times.filter((time) =>
    inputs.every((input) =>
      input.times.some((each) => each.column === time.column && each.kind === time.kind),
    ),
  )
  const { window } = first
  const shared =
    window !== undefined &&
    inputs.every(
      (input) =>
        input.window !== undefined &&
        input.window.start === window.start &&
        input.window.end === window.end &&
        input.window.time === window.time &&
        sameWindows(input.window.spec, window.spec),
    )
  return { changes: anyRetract(inputs), times, keys: [], window: shared ? window : undefined }
}

function windowAggregateTraits(
  node: WithoutTraits<Extract<ChangelogNode, { kind: 'window-aggregate' }>>,
): Traits {
  const first = node.keys.length + node.calls.length
  const place = (property: (typeof node.properties)[number]): number | undefined => {
    const index = node.properties.indexOf(property)
    return index < 0 ? undefined : first + index
  }
  const [start, end, rowtime, proctime] = [place('start'), place('end'), place('rowtime'), place('proctime')]
  const times: TimeAttribute[] = []
  if (rowtime !== undefined) times.push({ column: rowtime, kind: 'rowtime' })
  if (proctime !== undefined) times.push({ column: proctime, kind: 'proctime' })
  const spec = node.window.kind === 'assigned' ? node.input.traits.window?.spec : node.window
  const keys = node.keys.map((_, i) => i)
  // Windows of one cumulation have one start, and sessions of different keys may start or end together.
  const byWindow =
    end !== undefined
      ? [...keys, ...(start === undefined ? [] : [start]), end]
      : start !== undefined && spec?.kind !== 'cumulate'
        ? [...keys, start]
        : undefined
  const time = rowtime ?? proctime
  return {
    changes: node.early > 0 ? 'retract' : 'append',
    times,
    keys: byWindow === undefined ? [] : [byWindow],
    window:
      spec === undefined || (start === undefined && end === undefined && time === undefined)
        ? undefined
        : { start, end, time, spec },
  }
}

function windowJoinTraits(node: WithoutTraits<Extract<ChangelogNode, { kind: 'window-join' }>>): Traits {
  const [left, right] = [node.left.traits, node.right.traits]
  const offset = node.left.schema.fields.length
  const one = node.join === 'semi' || node.join === 'anti'
  const times = [...windowTimes(left), ...(one ? [] : shifted(windowTimes(right), offset))]
  // Columns of a side that may be missing hold no windows.
  const ofRight = mapWindow(right.window, (column) => column + offset)
  const window =
    node.join === 'full'
      ? undefined
      : node.join === 'right'
        ? ofRight
        : node.join === 'inner' && left.window !== undefined && ofRight !== undefined
          ? { ...left.window, others: [...(left.window.others ?? []), ofRight, ...(ofRight.others ?? [])] }
          : left.window
  return { changes: 'append', times, keys: joinKeys(node), window }
}

/** Time attributes that are still in order where rows come out when their window fires. */
function windowTimes(traits: Traits): readonly TimeAttribute[] {
  return traits.times.filter((time) => time.kind === 'proctime' || time.column === traits.window?.time)
}

interface Joined {
  readonly left: ChangelogNode
  readonly right: ChangelogNode
  readonly join: string
  readonly condition: JoinCondition
}

function joinKeys(node: Joined): Keys {
  const [left, right] = [node.left.traits.keys, node.right.traits.keys]
  if (node.join === 'semi' || node.join === 'anti') return left
  const offset = node.left.schema.fields.length
  const rightKeys = right.map((key) => key.map((column) => column + offset))
  const keys: number[][] = []
  // Where each row finds at most one partner, its own key is the key of the pair.
  if (node.join !== 'right' && node.join !== 'full' && meetsKey(node.condition.rightKeys, right))
    keys.push(...left.map((key) => [...key]))
  if (node.join !== 'left' && node.join !== 'full' && meetsKey(node.condition.leftKeys, left))
    keys.push(...rightKeys)
  // A full join may have one row without a left and one without a right partner that are NULL in both keys.
  if (node.join !== 'full')
    for (const key of left) for (const other of rightKeys) keys.push([...key, ...other])
  return few(keys)
}

function meetsKey(joinedBy: readonly Expr[], keys: Keys): boolean {
  const columns = joinedBy.flatMap((expr) => (expr.kind === 'column' ? [expr.index] : []))
  return keys.some((key) => key.every((column) => columns.includes(column)))
}

function few<T>(keys: readonly T[]): readonly T[] {
  return keys.length > keysMax ? keys.slice(0, keysMax) : keys
}

function anyRetract(inputs: readonly Traits[]): Changes {
  return inputs.some((input) => input.changes === 'retract') ? 'retract' : 'append'
}

function shifted(times: readonly TimeAttribute[], offset: number): readonly TimeAttribute[] {
  return times.map((time) => ({ ...time, column: time.column + offset }))
}

/** The window columns after columns have moved; undefined when none is left. */
export function mapWindow(
  window: WindowColumns | undefined,
  place: (column: number) => number | undefined,
): WindowColumns | undefined {
  if (window === undefined) return undefined
  const move = (column: number | undefined): number | undefined =>
    column === undefined ? undefined : place(column)
  const moved = [window, ...(window.others ?? [])]
    .map(({ start, end, time, spec }) => ({ start: move(start), end: move(end), time: move(time), spec }))
    .filter(({ start, end, time }) => start !== undefined || end !== undefined || time !== undefined)
  const whole = moved.findIndex(({ start, end }) => start !== undefined && end !== undefined)
  const [first, ...others] = whole > 0 ? [...moved.splice(whole, 1), ...moved] : moved
  return first === undefined || others.length === 0 ? first : { ...first, others }
}

/** Whether two window functions cut time alike, over whatever columns. */
export function sameWindows(a: WindowColumns['spec'], b: WindowColumns['spec']): boolean {
  if (a.kind !== b.kind || a.zone !== b.zone || a.time.kind !== b.time.kind) return false
  switch (a.kind) {
    case 'tumble':
      return b.kind === 'tumble' && a.size === b.size && a.offset === b.offset
    case 'hop':
      return b.kind === 'hop' && a.size === b.size && a.slide === b.slide && a.offset === b.offset
    case 'cumulate':
      return b.kind === 'cumulate' && a.size === b.size && a.step === b.step && a.offset === b.offset
    case 'session':
      return b.kind === 'session' && a.gap === b.gap && a.partition.length === b.partition.length
  }
}

export function timeAttribute(traits: Traits, column: number): TimeAttribute | undefined {
  return traits.times.find((time) => time.column === column)
}

/** Column of an expression that is nothing but a column. */
export function plainColumn(expr: Expr): number | undefined {
  return expr.kind === 'column' ? expr.index : undefined
}
