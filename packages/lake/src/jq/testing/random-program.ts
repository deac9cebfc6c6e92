/** Random jq programs and inputs for comparisons with other implementations: small, and mostly fitting the inputs' shape. */
import type { Random } from '@millrace/values'
import type { Json } from '../jq-value.ts'

const keys = ['a', 'b', 'c', 'id', 'é']
const words = ['', 'a', 'b', 'ab', 'a,b', 'x-1', 'é😀', 'A b', '2015-03-05T23:51:47Z', '12', '"q"', 'a\tb\nc']
const patterns = ['a', '[a-z]+', '(?<x>a)(?<y>b)?', '[0-9]', '^a', 'b$', '(a)|(b)', '.', 'a*?b', '\\\\s', 'A']
const formats = [
  '%Y',
  '%Y-%m-%d',
  '%H:%M:%S',
  '%j %U %V %G %u',
  '%a %b %e %Y',
  '%s',
  '%I %p',
  '%D %T %y %C',
  '%Y/%m/%d/%H',
]

export interface ProgramOptions {
  /** Leaves out what versions of jq do differently: how numbers are written, text times a number, leaf_paths. */
  readonly isPortable: boolean
}

const numbers = [0, 1, -1, 2, 3, 10, 1.5, -2.25, 1425599621, 1e6, 0.1, 123456789012]
const oddNumbers = [1e17, 5e-7, 1.5e300, 100000000000000000000]

export function randomInput(random: Random, options: ProgramOptions, depth = 3): Json {
  switch (random.below(depth > 0 ? 9 : 5)) {
    case 0:
      return null
    case 1:
      return random.below(2) === 0
    case 2:
    case 3:
      return pick(random, options.isPortable || random.below(4) > 0 ? numbers : oddNumbers)
    case 4:
      return pick(random, words)
    case 5:
    case 6:
      return Array.from({ length: random.below(4) }, () => randomInput(random, options, depth - 1))
    default: {
      const value: Record<string, Json> = {}
      for (let i = random.below(4); i > 0; i--)
        value[pick(random, keys)] = randomInput(random, options, depth - 1)
      return value
    }
  }
}

export class RandomProgram {
  readonly #random: Random
  readonly #options: ProgramOptions
  #variables: string[] = []

  constructor(random: Random, options: ProgramOptions) {
    this.#random = random
    this.#options = options
  }

  make(depth = 2): string {
    return this.#pipe(depth)
  }

  #pipe(depth: number): string {
    const parts = [this.#expression(depth)]
    while (parts.length < 3 && this.#below(2) === 0) parts.push(this.#expression(depth - 1))
    return parts.join(' | ')
  }

  #expression(depth: number): string {
    if (depth <= 0) return this.#leaf()
    const inner = () => this.#expression(depth - 1)
    const group = () => `(${this.#pipe(depth - 1)})`
    switch (this.#below(30)) {
      case 0:
        return `(${inner()}, ${inner()})`
      case 1:
        return `(${group()} // ${group()})`
      case 2:
        return `(${group()} ${this.#pick(this.#options.isPortable ? ['+', '-', '/', '%'] : ['+', '-', '*', '/', '%'])} ${group()})`
      case 3:
        return `(${group()} ${this.#pick(['==', '!=', '<', '<=', '>', '>='])} ${group()})`
      case 4:
        return `(${group()} ${this.#pick(['and', 'or'])} ${group()})`
      case 5:
        return `if ${this.#pipe(depth - 1)} then ${this.#pipe(depth - 1)} ${this.#below(2) === 0 ? `elif ${inner()} then ${inner()} ` : ''}else ${this.#pipe(depth - 1)} end`
      case 6:
        return `[${this.#pipe(depth - 1)}]`
      case 7:
      case 8:
        return this.#object(depth - 1)
      case 9:
        return this.#bind(depth - 1)
      case 10:
        return this.#loop(depth - 1)
      case 11:
        return `[try ${group()} catch "caught"]`
      case 12:
        return `[(${group()})?]`
      case 13:
        return `"x\\(${inner()})y\\(${inner()})"`
      case 14:
        return `(${this.#path()} ${this.#pick(this.#options.isPortable ? ['=', '|=', '+=', '-=', '//='] : ['=', '|=', '+=', '-=', '*=', '//='])} ${group()})`
      case 15:
        return `(def f(g; $v): g | ., $v; f(${inner()}; ${inner()}))`
      case 16:
        return this.#withFilter(depth - 1)
      case 17:
        return `[limit(${1 + this.#below(3)}; ${inner()})]`
      case 18:
        return `(${group()} | ${this.#pick(['@base64', '@json', '@text', '@html', '@sh', '@uri'])})`
      case 19:
        return `([${inner()}] | ${this.#pick(['@csv', '@tsv', '@json', '@sh'])})`
      case 20:
        return `[.[]? | ${inner()}]`
      case 21:
        return `(tostring | ${this.#regex()})`
      case 22:
        return `(${this.#pick(['1425599621', '0', '1e9', '951782400', '1704067199', '-86400'])} | strftime("${this.#pick(formats)}"))`
      default:
        return this.#below(3) === 0
          ? `${group()} | ${this.#function()}`
          : `[(${inner()} | ${this.#function()})?]`
    }
  }

  #leaf(): string {
    const variable =
      this.#variables.length > 0 && this.#below(3) === 0 ? this.#pick(this.#variables) : undefined
    if (variable !== undefined) return `$${variable}`
    switch (this.#below(5)) {
      case 0:
        return '.'
      case 1:
        return this.#path()
      case 2:
        return String(this.#pick([0, 1, 2, 3, 1.5, 10]))
      case 3:
        return JSON.stringify(this.#pick(words))
      default:
        return this.#pick(['null', 'true', 'false', '[]', '{}', '..', '.[]?', 'empty'])
    }
  }

  #path(): string {
    let path = ''
    for (let i = 1 + this.#below(2); i > 0; i--) {
      const step = this.#below(7)
      if (step < 3) path += `.${this.#pick(['a', 'b', 'c', 'id'])}${this.#below(2) === 0 ? '?' : ''}`
      else {
        if (path === '') path = '.'
        path += ['[]?', '[0]?', '[-1]?', '[1:]?', '[:2]', '["a"]?'][step - 3 + this.#below(3)] ?? '[]?'
      }
    }
    return path
  }

  #object(depth: number): string {
    const entries: string[] = []
    for (let i = 1 + this.#below(3); i > 0; i--) {
      const key = this.#pick(['a', 'b', '"c d"', 'id', '("k" + "v")', '"x\\(1)"'])
      entries.push(`${key}: (${this.#expression(depth)})`)
    }
    return `{${entries.join(', ')}}`
  }

  #bind(depth: number): string {
    const before = this.#variables
    const source = `(${this.#expression(depth)})`
    const [pattern, names] = this.#pick<readonly [string, readonly string[]]>([
      ['$x', ['x']],
      ['$y', ['y']],
      ['[$x, $y]', ['x', 'y']],
      ['{a: $x, $b}', ['x', 'b']],
      ['{"a": [$x]}', ['x']],
    ])
    this.#variables = [...before, ...names]
    const body = this.#pipe(depth)
    this.#variables = before
    return `(${source} as ${pattern} | ${body})`
  }

  #loop(depth: number): string {
    const before = this.#variables
    const source = `(${this.#pick(['.[]?', 'range(3)', '1, 2', '..'])})`
    // Of several states jq 1.6 mixes up what their updates leave behind.
    const init = `first(${this.#expression(depth)})`
    this.#variables = [...before, 'i']
    const update = this.#pipe(depth)
    const extract = this.#below(2) === 0 ? `; [$i, .]` : ''
    this.#variables = before
    if (this.#below(2) === 0) return `reduce ${source} as $i (${init}; ${update})`
    return `[foreach ${source} as $i (${init}; ${update}${extract})]`
  }

  /** any(f) and all(f) are left out: in jq 1.6 a condition without a result ends them. */
  #withFilter(depth: number): string {
    const filter = this.#expression(depth)
    const name = this.#pick([
      'map',
      'map_values',
      'select',
      'sort_by',
      'group_by',
      'unique_by',
      'min_by',
      'max_by',
      'with_entries',

      'first',
      'last',
      'isempty',
      'recurse_safe',
      'path_safe',
      'del_safe',
      'paths',
      'walk',
      'to_path',
    ])
    if (name === 'recurse_safe') return '[recurse]'
    if (name === 'path_safe') return `[path(${this.#path()})]`
    if (name === 'del_safe') return `del(${this.#path()})`
    if (name === 'to_path') return `[paths] | length`
    if (name === 'walk') return 'walk(if type == "number" then . + 1 else . end)'
    return `${name}(${filter})`
  }

  #regex(): string {
    const re = `"${this.#pick(patterns)}"`
    const flags = this.#pick(['null', '"g"', '"i"', '"gi"', '"x"'])
    return this.#pick([
      `test(${re}; ${flags})`,
      `[match(${re}; ${flags}) | .offset, .length, .string]`,
      `[match(${re}; ${flags}).captures[].string]`,
      `[capture(${re})]`,
      `[scan(${re})]`,
      `sub(${re}; "<\\(.x)>")`,
      `gsub(${re}; "-")`,
      `[splits(${re})]`,
      `split(${re}; null)`,
    ])
  }

  #function(): string {
    return this.#pick([
      'length',
      'keys',
      'keys_unsorted',
      'type',
      'not',
      'tostring',
      'tojson',
      'tonumber',
      'add',
      'sort',
      'unique',
      'reverse',
      'flatten',
      'to_entries',
      'floor',
      'sqrt',
      'ascii_downcase',
      'ascii_upcase',
      'explode',
      '[implode?]',
      'first',
      'last',
      'min',
      'max',
      'any',
      'all',
      'values',
      'nulls',
      'strings',
      'numbers',
      'arrays',
      'objects',
      'scalars',
      'iterables',
      '[paths]',
      'utf8bytelength',
      '[transpose?]',
      'gmtime',
      'todate',
      'mktime',
      'has("a")',
      'has(0)',
      'in({"a":1})',
      'join(",")',
      'join("-")',
      'split(",")',
      'startswith("a")',
      'endswith("b")',
      'ltrimstr("a")',
      'rtrimstr("b")',
      'contains("a")',
      'contains({})',
      'inside("abc")',
      'index("a")',
      'rindex("b")',
      'indices(1)',
      'getpath(["a", "b"])',
      'setpath(["a"]; 1)',
      'delpaths([["a"], [0]])',
      'fromdate',
      'strptime("%Y-%m-%dT%H:%M:%SZ")',
      '[range(.)]',
      'tojson | fromjson',
      'flatten(1)',
      '@base64 "v\\(.)"',
      '.[1:]',
      '.[:-1]',
      '[combinations?]',
      'ascii_downcase | explode',
      'fabs',
      'round',
      'ceil',
      'pow(.; 2)',
      'log2 | floor',
      'to_entries | from_entries',
      'bsearch(1)',
      'error("e")',
      'env_free',
      'infinite | floor',
      'splits(",")',
      '[.[]?, .a?]',
    ]).replace('env_free', this.#options.isPortable ? 'type' : 'leaf_paths')
  }

  #below(bound: number): number {
    return this.#random.below(bound)
  }

  #pick<T>(from: readonly T[]): T {
    return pick(this.#random, from)
  }
}

function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[random.below(from.length)]
  if (found === undefined) throw new Error('nothing to choose from')
  return found
}
