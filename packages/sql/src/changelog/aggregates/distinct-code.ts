/**
 * DISTINCT: aggregates over the same arguments share one Map from value to who has seen it. Where rows only come, that is a bit
 * for each FILTER; where they can go, a count for each. An aggregate gets a value when its bit or count first leaves zero,
 * and loses it when the count is back there. Values that a Map cannot tell apart (bytes, nested, several arguments) go by
 * their text (valueKey), with the values themselves in a second Map.
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
  readonly does: 'add' | 'retract' | 'merge'
}

/** Name under which the generated code finds valueKey. */
export const keyFunction = 'keyOf'

export function writeDistinct(group: DistinctGroup, { counted, does }: DistinctOptions): string {
  const body = counted ? countedBody(group, does) : bitBody(group)
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

function remember({ tuples, values }: DistinctGroup): string {
  return tuples === undefined ? '' : `a[${tuples}].set(q, [${values.join(', ')}])`
}

/** `c2` holds the bits of the filters that the value passes. */
function bitBody(group: DistinctGroup): string {
  const { slot, parts } = group
  const steps = parts.map(({ add }, i) =>
    parts.length === 1 ? add.join('\n') : `if ((fresh & ${2 ** i}) !== 0) {\n${add.join('\n')}\n}`,
  )
  return `const c = a[${slot}].get(q)
const fresh = c === undefined ? c2 : c2 & ~c
if (fresh !== 0) {
a[${slot}].set(q, c === undefined ? fresh : c | fresh)
if (c === undefined) { ${remember(group)} }
${steps.join('\n')}
}`
}

/** Counts: a number where there is one filter, else an array with one for each. */
function countedBody(group: DistinctGroup, does: DistinctOptions['does']): string {
  const { slot, parts, tuples } = group
  const forget = `a[${slot}].delete(q)${tuples === undefined ? '' : `\na[${tuples}].delete(q)`}`
  if (parts.length === 1) {
    const [part] = parts
    if (does === 'retract')
      return `const c = a[${slot}].get(q)
if (c === 1) {\n${forget}\n${part!.retract.join('\n')}\n} else if (c !== undefined) a[${slot}].set(q, c - 1)`
    return `const c = a[${slot}].get(q)
a[${slot}].set(q, (c === undefined ? 0 : c) + ${does === 'merge' ? 'c2' : '1'})
if (c === undefined) {\n${remember(group)}\n${part!.add.join('\n')}\n}`
  }
  if (does === 'retract') {
    const steps = parts.map(({ filter, retract }, i) => {
      const test = filter === '' ? '' : `${filter} && `
      return `if (${test}c[${i}] > 0 && --c[${i}] === 0) {\n${retract.join('\n')}\n}`
    })
    const empty = parts.map((_, i) => `c[${i}] === 0`).join(' && ')
    return `const c = a[${slot}].get(q)
if (c !== undefined) {\n${steps.join('\n')}\nif (${empty}) {\n${forget}\n}\n}`
  }
  const steps = parts.map(({ filter, add }, i) => {
    const body = `if (c[${i}] === 0) {\n${add.join('\n')}\n}`
    if (does === 'merge') return `if (c2[${i}] > 0) {\n${body}\nc[${i}] += c2[${i}]\n}`
    const counted = `${body}\nc[${i}]++`
    return filter === '' ? counted : `if (${filter}) {\n${counted}\n}`
  })
  return `let c = a[${slot}].get(q)
if (c === undefined) {
c = [${parts.map(() => '0').join(', ')}]
a[${slot}].set(q, c)
${remember(group)}
}
${steps.join('\n')}`
}
