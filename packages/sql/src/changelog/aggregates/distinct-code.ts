/**
 * DISTINCT: aggregates over the same arguments share one Map from value to who has seen it. Where rows only come, that is a bit
 * for each FILTER; where they can go, a count for each. An aggregate gets a value when its bit or count first leaves zero,
 * and loses it when the count is back there. Values that a Map cannot tell apart (bytes, nested, several arguments) go by
 * their text (valueKey), with the values themselves in a second Map. Both Maps are slots of the accumulator, or those of a
 * set beside it (distinct-sets.ts) whose number is in the slot; a set hears of each mark that changes.
 */

export interface DistinctGroup {
  readonly kind: 'distinct'
  readonly slot: number
  /** Slot of the Map from text to values, where keys are texts. */
  readonly tuples: number | undefined
  readonly values: readonly string[]
  readonly skipNulls: boolean
  /** What is done for a value that is new, or gone, under each filter. */
  readonly parts: { readonly filter: string; readonly add: string[]; readonly retract: string[] }[]
}

interface DistinctOptions {
  readonly counted: boolean
  /** Values lie in sets beside the accumulator. */
  readonly beside: boolean
  readonly does: 'add' | 'retract' | 'merge'
}

/** Name under which the generated code finds valueKey. */
export const keyFunction = 'keyOf'
/** Name under which it finds the DistinctSets. */
export const setsName = 'sets'

/** Where the values are, as code. */
interface Place {
  /** Statement before any other. */
  readonly open: string
  readonly seen: string
  readonly tuples: string
  /** Tells of the new mark of `q`. */
  note(mark: string): string
}

function placeOf({ slot, tuples, values }: DistinctGroup, beside: boolean): Place {
  if (!beside) return { open: '', seen: `a[${slot}]`, tuples: `a[${tuples}]`, note: () => '' }
  const name = tuples === undefined ? 'q' : `[q, ${values.join(', ')}]`
  return {
    open: `const m = ${setsName}.of(a, ${slot})\n`,
    seen: 'm.seen',
    tuples: 'm.tuples',
    note: (mark) => `\n${setsName}.note(m, ${name}, ${mark})`,
  }
}

export function writeDistinct(group: DistinctGroup, { counted, beside, does }: DistinctOptions): string {
  if (does === 'merge' && beside) return 'throw new Error("not made to merge")'
  const place = placeOf(group, beside)
  const body = place.open + (counted ? countedBody(group, place, does) : bitBody(group, place))
  if (does === 'merge') {
    return `for (const [q, c2] of b[${group.slot}]) {\n${valuesOfKey(group)}\n${body}\n}`
  }
  const tests = group.skipNulls ? group.values.map((name) => `${name} !== null`) : []
  if (group.parts.every((part) => part.filter !== ''))
    tests.push(`(${group.parts.map((part) => part.filter).join(' || ')})`)
  const marks = counted
    ? ''
    : `const c2 = ${group.parts.map(({ filter }, i) => (filter === '' ? `${2 ** i}` : `(${filter} ? ${2 ** i} : 0)`)).join(' | ')}\n`
  const block = `const q = ${keyOfValues(group)}\n${marks}${body}`
  return tests.length === 0 ? `{\n${block}\n}` : `if (${tests.join(' && ')}) {\n${block}\n}`
}

function keyOfValues({ tuples, values }: DistinctGroup): string {
  if (tuples === undefined) return values[0]!
  return values.map((name) => `${keyFunction}(${name})`).join(' + ')
}

function valuesOfKey({ tuples, values }: DistinctGroup): string {
  if (tuples === undefined) return `const ${values[0]} = q`
  return [`const t = b[${tuples}].get(q)`, ...values.map((name, i) => `const ${name} = t[${i}]`)].join('\n')
}

function remember({ tuples, values }: DistinctGroup, place: Place): string {
  return tuples === undefined ? '' : `${place.tuples}.set(q, [${values.join(', ')}])`
}

/** `c2` holds the bits of the filters that the value passes. */
function bitBody(group: DistinctGroup, place: Place): string {
  const { parts } = group
  const steps = parts.map(({ add }, i) =>
    parts.length === 1 ? add.join('\n') : `if ((fresh & ${2 ** i}) !== 0) {\n${add.join('\n')}\n}`,
  )
  return `const c = ${place.seen}.get(q)
const fresh = c === undefined ? c2 : c2 & ~c
if (fresh !== 0) {
const bits = c === undefined ? fresh : c | fresh
${place.seen}.set(q, bits)
if (c === undefined) { ${remember(group, place)} }${place.note('bits')}
${steps.join('\n')}
}`
}

/** Counts: a number where there is one filter, else an array with one for each. */
function countedBody(group: DistinctGroup, place: Place, does: DistinctOptions['does']): string {
  const { parts, tuples } = group
  const { seen } = place
  // First the value, then the note: a journal that is written anew reads what is there.
  const forget = `${seen}.delete(q)${tuples === undefined ? '' : `\n${place.tuples}.delete(q)`}${place.note('0')}`
  if (parts.length === 1) {
    const [part] = parts
    if (does === 'retract')
      return `const c = ${seen}.get(q)
if (c === 1) {\n${forget}\n${part!.retract.join('\n')}\n} else if (c !== undefined) {
${seen}.set(q, c - 1)${place.note('c - 1')}\n}`
    return `const c = ${seen}.get(q)
const count = (c === undefined ? 0 : c) + ${does === 'merge' ? 'c2' : '1'}
${seen}.set(q, count)
if (c === undefined) { ${remember(group, place)} }${place.note('count')}
if (c === undefined) {\n${part!.add.join('\n')}\n}`
  }
  if (does === 'retract') {
    const steps = parts.map(({ filter, retract }, i) => {
      const test = filter === '' ? '' : `${filter} && `
      return `if (${test}c[${i}] > 0 && --c[${i}] === 0) {\n${retract.join('\n')}\n}`
    })
    const empty = parts.map((_, i) => `c[${i}] === 0`).join(' && ')
    return `const c = ${seen}.get(q)
if (c !== undefined) {\n${steps.join('\n')}\nif (${empty}) {\n${forget}\n} else {${place.note('c.slice()')}\n}\n}`
  }
  const steps = parts.map(({ filter, add }, i) => {
    const body = `if (c[${i}] === 0) {\n${add.join('\n')}\n}`
    if (does === 'merge') return `if (c2[${i}] > 0) {\n${body}\nc[${i}] += c2[${i}]\n}`
    const counted = `${body}\nc[${i}]++`
    return filter === '' ? counted : `if (${filter}) {\n${counted}\n}`
  })
  return `let c = ${seen}.get(q)
if (c === undefined) {
c = [${parts.map(() => '0').join(', ')}]
${seen}.set(q, c)
${remember(group, place)}
}
${steps.join('\n')}${place.note('c.slice()')}`
}
