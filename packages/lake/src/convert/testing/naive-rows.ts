/**
 * Conversion of one JSON object as its table in docs/parquet.md says it, the slow way: over a tree of the document that keeps the text of
 * numbers, with strings, regular expressions and bigints. It gives the plain values of ParquetRows, or undefined for a refusal.
 */
import type { LakeColumn, LakeType } from '../../schema/lake-type.ts'

export type Node =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'array'; readonly items: readonly Node[]; readonly source: string }
  | {
      readonly kind: 'object'
      readonly members: readonly (readonly [string, Node])[]
      readonly source: string
    }

/** The tree of a valid document. */
export function parseTree(text: string): Node {
  let at = 0
  const space = () => {
    while (/\s/.test(text[at] ?? '')) at++
  }
  const value = (): Node => {
    space()
    const start = at
    const c = text[at]
    if (c === '{' || c === '[') {
      const members: [string, Node][] = []
      at++
      space()
      while (text[at] !== '}' && text[at] !== ']') {
        let name = ''
        if (c === '{') {
          name = string()
          space()
          at++
        }
        members.push([name, value()])
        space()
        if (text[at] === ',') at++
        space()
      }
      at++
      const source = text.slice(start, at)
      return c === '{'
        ? { kind: 'object', members, source }
        : { kind: 'array', items: members.map(([, item]) => item), source }
    }
    if (c === '"') return { kind: 'string', text: string() }
    const [scalar = ''] = /^[^\s,\]}]+/.exec(text.slice(at)) ?? []
    at += scalar.length
    if (scalar === 'null') return { kind: 'null' }
    if (scalar === 'true' || scalar === 'false') return { kind: 'boolean', value: scalar === 'true' }
    return { kind: 'number', text: scalar }
  }
  const string = (): string => {
    const [source = ''] = /^"(?:[^"\\]|\\.)*"/s.exec(text.slice(at)) ?? []
    at += source.length
    return JSON.parse(source) as string
  }
  return value()
}

export interface NaiveSerde {
  readonly isLenient: boolean
  readonly ignoreCase: boolean
  readonly dotsToUnderscores: boolean
  readonly keys: Readonly<Record<string, string>>
}

const refused = Symbol('refused')

export function naiveRow(
  node: Node,
  columns: readonly LakeColumn[],
  serde: NaiveSerde,
): unknown[] | undefined {
  try {
    return members(node, columns, serde, serde.keys)
  } catch (error) {
    if (error === refused) return undefined
    throw error
  }
}

function fold(name: string, serde: NaiveSerde): string {
  const cased = serde.ignoreCase ? name.toLowerCase() : name
  return serde.dotsToUnderscores ? cased.split('.').join('_') : cased
}

function members(
  node: Node,
  columns: readonly LakeColumn[],
  serde: NaiveSerde,
  keys: Readonly<Record<string, string>>,
): unknown[] {
  if (node.kind !== 'object') throw refused
  return columns.map((column) => {
    const wanted = fold(keys[column.name] ?? column.name, serde)
    const found = node.members.filter(([name]) => fold(name, serde) === wanted)
    if (found.length > 1) throw refused
    const [member] = found
    return member === undefined ? null : convert(member[1], column.type, serde)
  })
}

function convert(node: Node, type: LakeType, serde: NaiveSerde): unknown {
  if (node.kind === 'null') return null
  const numeric =
    node.kind === 'number' || (node.kind === 'string' && serde.isLenient) ? node.text : undefined
  switch (type.kind) {
    case 'string':
      if (node.kind === 'boolean') return String(node.value)
      return node.kind === 'string' || node.kind === 'number' ? node.text : node.source
    case 'boolean': {
      if (node.kind === 'boolean') return node.value
      const word = node.kind === 'string' && serde.isLenient ? node.text.toLowerCase() : ''
      if (word === 'true' || word === 'false') return word === 'true'
      throw refused
    }
    case 'int':
    case 'long': {
      const scaled = scaledOf(numeric, 0)
      const bits = type.kind === 'int' ? 32 : 64
      if (!scaled.isExact || BigInt.asIntN(bits, scaled.value) !== scaled.value) throw refused
      return scaled.value
    }
    case 'float':
    case 'double': {
      if (node.kind === 'string' && serde.isLenient && ['NaN', 'Infinity', '-Infinity'].includes(node.text))
        return Number(node.text)
      scaledOf(numeric, 0, 400)
      const value = type.kind === 'float' ? Math.fround(Number(numeric)) : Number(numeric)
      if (!Number.isFinite(value)) throw refused
      return value
    }
    case 'decimal': {
      const { value } = scaledOf(numeric, type.scale)
      const digits = String(value).replace('-', '')
      if (digits.length > type.precision && value !== 0n) throw refused
      const padded = digits.padStart(type.scale + 1, '0')
      const text = type.scale === 0 ? padded : `${padded.slice(0, -type.scale)}.${padded.slice(-type.scale)}`
      return value < 0n ? `-${text}` : text
    }
    case 'binary': {
      const bytes = node.kind === 'string' ? Buffer.from(node.text, 'base64') : undefined
      if (bytes === undefined || node.kind !== 'string' || bytes.toString('base64') !== node.text)
        throw refused
      return bytes
    }
    case 'date': {
      const micros =
        node.kind === 'string'
          ? textMicros(node.text.length > 10 ? node.text : `${node.text}T00:00:00`)
          : undefined
      if (micros === undefined) throw refused
      return Number(
        (micros - (((micros % 86_400_000_000n) + 86_400_000_000n) % 86_400_000_000n)) / 86_400_000_000n,
      )
    }
    case 'time': {
      const match = node.kind === 'string' ? /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/.exec(node.text) : null
      if (match === null) throw refused
      const [hour, minute, second] = match.slice(1, 4).map(Number) as [number, number, number]
      if (hour > 23 || minute > 59 || second > 59) throw refused
      return ((hour * 60 + minute) * 60 + second) * 1e6 + Number((match[4] ?? '').padEnd(6, '0').slice(0, 6))
    }
    case 'timestamp':
    case 'timestamptz': {
      if (node.kind !== 'string' && node.kind !== 'number') throw refused
      const micros =
        node.kind === 'string' && node.text[4] === '-' ? textMicros(node.text) : numberMicros(node.text)
      if (micros === undefined || micros < -62135596800000000n || micros > 253402300799999999n) throw refused
      return micros
    }
    case 'list':
      if (node.kind !== 'array') throw refused
      return node.items.map((item) => convert(item, type.element, serde))
    case 'map': {
      if (node.kind !== 'object') throw refused
      if (new Set(node.members.map(([name]) => name)).size < node.members.length) throw refused
      return node.members.map(([name, item]) => [
        convert({ kind: 'string', text: name }, type.key, { ...serde, isLenient: true }),
        convert(item, type.value, serde),
      ])
    }
    case 'struct':
      return members(node, type.fields, serde, {})
  }
}

/** A number's text scaled by 10^scale, rounded half away from zero. */
function scaledOf(
  text: string | undefined,
  scale: number,
  digitsMax = 76,
): { value: bigint; isExact: boolean } {
  const match = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?$/.exec(text ?? '')
  if (match === null) throw refused
  const [, sign, mantissa = '', exponent = '0'] = match
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = `${whole}${fraction}`.replace(/^0+(?=\d)/, '')
  const shift = Number(exponent) - fraction.length + scale
  if (digits === '0') return { value: 0n, isExact: true }
  if (shift + digits.length > digitsMax) throw refused
  if (shift + digits.length < 0) return { value: 0n, isExact: false }
  const size = BigInt(digits)
  const unit = 10n ** BigInt(Math.abs(shift))
  const value = shift >= 0 ? size * unit : (size * 2n + unit) / (unit * 2n)
  return { value: sign === '-' ? -value : value, isExact: shift >= 0 || size % unit === 0n }
}

function textMicros(text: string): bigint | undefined {
  const match =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d(?::?\d\d)?)?)?$/.exec(
      text,
    )
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (
    year < 1 ||
    date.getUTCMonth() !== month - 1 ||
    date.getUTCDate() !== day ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  )
    return undefined
  date.setUTCHours(hour, minute, second)
  let micros = BigInt(date.getTime()) * 1000n + BigInt((match[7] ?? '').padEnd(6, '0').slice(0, 6) || '0')
  const zone = match[8]
  if (zone !== undefined && zone !== 'Z') {
    const hours = Number(zone.slice(1, 3))
    const minutes = Number(zone.slice(3).replace(':', '') || '0')
    if (hours > 18 || minutes > 59) return undefined
    micros -= BigInt((hours * 60 + minutes) * (zone[0] === '-' ? -1 : 1)) * 60_000_000n
  }
  return micros
}

function numberMicros(text: string): bigint | undefined {
  const { value: nanos } = scaledOf(text, 9)
  const size = nanos < 0n ? -nanos : nanos
  const isSeconds = size < 10n ** 20n
  const divisor = isSeconds ? 1000n : 1_000_000n
  const rest = ((nanos % divisor) + divisor) % divisor
  return (nanos - rest) / divisor
}
