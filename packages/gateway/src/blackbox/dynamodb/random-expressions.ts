/**
 * Expressions of random programs: from the grammars, over attributes that the items have, with names and values as
 * placeholders or (names) plain. Some are spoilt: a token is lost, doubled or another's, a placeholder has no value or one has
 * no use, a function has the wrong operands.
 */
import type { Dice } from './dice.ts'
import {
  attributeNames,
  attributes,
  keyValue,
  type TableShape,
  type ValueKind,
  valueLike,
} from './random-values.ts'
import type { Json, JsonObject } from './table-peer.ts'

const reserved = new Set(['name', 'status'])

/** The placeholders of one request, shared by all its expressions. */
export class Placeholders {
  readonly #dice: Dice
  readonly #names: Record<string, Json> = {}
  readonly #values: Record<string, Json> = {}
  #count = 0

  constructor(dice: Dice) {
    this.#dice = dice
  }

  name(attribute: string): string {
    const mustHide = reserved.has(attribute) ? !this.#dice.chance(2) : this.#dice.chance(30)
    if (!mustHide) return attribute
    const known = Object.keys(this.#names).find((key) => this.#names[key] === attribute)
    const key = known ?? `#n${Object.keys(this.#names).length}`
    this.#names[key] = attribute
    return key
  }

  value(value: Json): string {
    const key = `:v${this.#count++}`
    this.#values[key] = value
    return key
  }

  members(): JsonObject {
    const dice = this.#dice
    const names = { ...this.#names }
    const values = { ...this.#values }
    if (dice.chance(2)) names[dice.pick(['#unused', 'wrong', '#', '#a b'])] = 'a'
    if (dice.chance(2)) values[dice.pick([':unused', 'wrong', ':'])] = { S: 'a' }
    if (dice.chance(1)) delete names[Object.keys(names)[0] ?? '']
    if (dice.chance(1)) delete values[Object.keys(values)[0] ?? '']
    return {
      ...(Object.keys(names).length > 0 || dice.chance(1) ? { ExpressionAttributeNames: names } : {}),
      ...(Object.keys(values).length > 0 || dice.chance(1) ? { ExpressionAttributeValues: values } : {}),
    }
  }
}

interface Path {
  readonly text: string
  readonly kind: ValueKind
}

export class Expressions {
  readonly #dice: Dice
  readonly #shape: TableShape
  readonly placeholders: Placeholders

  constructor(dice: Dice, shape: TableShape) {
    this.#dice = dice
    this.#shape = shape
    this.placeholders = new Placeholders(dice)
  }

  condition(): string {
    return this.#spoil(this.#condition(0))
  }

  update(): string {
    const dice = this.#dice
    const free = [...attributeNames]
    const take = (kinds: readonly ValueKind[]): Path | undefined => {
      const fitting = free.filter((name) => kinds.includes(attributes[name]))
      if (fitting.length === 0 || dice.chance(3)) return dice.chance(50) ? undefined : this.#path()
      const name = dice.pick(fitting)
      free.splice(free.indexOf(name), 1)
      return this.#path(name)
    }
    const anything: ValueKind[] = ['number', 'string', 'map', 'list', 'numbers', 'strings', 'any']
    const clauses: Record<string, string[]> = {}
    const add = (clause: string, action: string | undefined): void => {
      if (action === undefined) return
      clauses[clause] ??= []
      clauses[clause].push(action)
    }
    for (let i = 1 + dice.below(3); i > 0; i--) {
      dice.weighted(
        [5, () => add('SET', this.#set(take(anything)))],
        [2, () => add('REMOVE', take(anything)?.text)],
        [2, () => add('ADD', this.#addition(take(['number', 'numbers', 'strings']), dice))],
        [1, () => add('DELETE', this.#addition(take(['numbers', 'strings', 'binaries']), dice))],
        [1, () => add('SET', this.#indexKey())],
      )
    }
    const text = Object.entries(clauses)
      .map(([clause, actions]) => `${dice.chance(10) ? clause.toLowerCase() : clause} ${actions.join(', ')}`)
      .join(' ')
    return this.#spoil(text === '' ? `REMOVE ${this.placeholders.name('a')}` : text)
  }

  projection(): string {
    const names = this.#dice.some([...attributeNames, 'p', 's', 'g'], 25)
    const paths = names.map((name) => this.#path(name).text)
    return this.#spoil(paths.length === 0 ? this.placeholders.name('a') : paths.join(', '))
  }

  keyCondition({ partition, sort }: Pick<TableShape, 'partition' | 'sort'>): string {
    const dice = this.#dice
    const equal = `${this.placeholders.name(partition.name)} = ${this.placeholders.value(this.#keyValue(partition))}`
    if (sort === undefined || dice.chance(40)) return this.#spoil(equal)
    const name = this.placeholders.name(sort.name)
    const value = (): string => this.placeholders.value(this.#keyValue(sort))
    const range = dice.weighted(
      [3, () => `${name} ${dice.pick(['=', '<', '<=', '>', '>='])} ${value()}`],
      [2, () => `${name} BETWEEN ${value()} AND ${value()}`],
      [1, () => `begins_with(${name}, ${value()})`],
    )
    return this.#spoil(dice.chance(90) ? `${equal} AND ${range}` : `(${range}) AND (${equal})`)
  }

  #keyValue(key: { readonly name: string; readonly type: 'S' | 'N' | 'B' }): Json {
    return this.#dice.chance(3) ? valueLike(this.#dice, 'any') : keyValue(this.#dice, key)
  }

  #condition(depth: number): string {
    const dice = this.#dice
    const deeper = (): string => this.#condition(depth + 1)
    if (depth < 3 && dice.chance(40)) {
      return dice.weighted(
        [3, () => `${deeper()} AND ${deeper()}`],
        [3, () => `${deeper()} OR ${deeper()}`],
        [2, () => `NOT ${deeper()}`],
        [2, () => `(${deeper()})`],
      )
    }
    const path = this.#path()
    return dice.weighted(
      [
        6,
        () =>
          `${this.#operand(path)} ${dice.pick(['=', '<>', '<', '<=', '>', '>='])} ${this.#operandLike(path)}`,
      ],
      [2, () => this.#between(path)],
      [
        2,
        () => `${path.text} IN (${dice.times(1 + dice.below(3), () => this.#operandLike(path)).join(', ')})`,
      ],
      [3, () => `attribute_exists(${path.text})`],
      [3, () => `attribute_not_exists(${path.text})`],
      [
        1,
        () =>
          `attribute_type(${path.text}, ${this.#value({ S: dice.pick(['S', 'N', 'M', 'L', 'SS', 'NULL', 'X']) })})`,
      ],
      [2, () => `begins_with(${path.text}, ${this.#operandLike(path)})`],
      [2, () => `contains(${path.text}, ${this.#element(path)})`],
      [
        2,
        () => `size(${path.text}) ${dice.pick(['=', '<', '>'])} ${this.#value({ N: String(dice.below(4)) })}`,
      ],
    )
  }

  /** Bounds are ordered mostly: AWS refuses BETWEEN of constants that are not. */
  #between(path: Path): string {
    const dice = this.#dice
    if (path.kind === 'number' && dice.chance(90)) {
      const low = dice.below(5)
      return `${path.text} BETWEEN ${this.#value({ N: `${low}` })} AND ${this.#value({ N: `${low + dice.below(9)}` })}`
    }
    return `${path.text} BETWEEN ${this.#operandLike(path)} AND ${this.#operandLike(path)}`
  }

  #operand(path: Path): string {
    if (this.#dice.chance(10)) return `size(${path.text})`
    return path.text
  }

  #operandLike(path: Path): string {
    if (this.#dice.chance(15)) return this.#path().text
    return this.#value(valueLike(this.#dice, path.kind))
  }

  #element({ kind }: Path): string {
    const dice = this.#dice
    const elementKind = kind === 'numbers' ? 'number' : kind === 'strings' ? 'string' : 'any'
    return this.#value(valueLike(dice, elementKind))
  }

  #set(path: Path | undefined): string | undefined {
    if (path === undefined) return undefined
    const dice = this.#dice
    const like = (): string => this.#operandLike(path)
    const operand = (): string =>
      dice.chance(15)
        ? `if_not_exists(${this.#path().text}, ${like()})`
        : dice.chance(40)
          ? path.text
          : like()
    if (path.kind === 'number' && dice.chance(60))
      return `${path.text} = ${operand()} ${dice.pick(['+', '-'])} ${operand()}`
    if (path.kind === 'list' && dice.chance(60))
      return `${path.text} = list_append(${operand()}, ${operand()})`
    return `${path.text} = ${dice.chance(30) ? operand() : like()}`
  }

  /** An index key gets another value, of its type mostly; or the table's key, which may not change. */
  #indexKey(): string | undefined {
    const { indexes, partition } = this.#shape
    const dice = this.#dice
    const key = dice.chance(85) && indexes.length > 0 ? dice.pick(indexes).partition : partition
    if (key === partition && !dice.chance(20)) return undefined
    return `${this.placeholders.name(key.name)} = ${this.#value(this.#keyValue(key))}`
  }

  #addition(path: Path | undefined, dice: Dice): string | undefined {
    if (path === undefined) return undefined
    return `${path.text} ${dice.chance(95) ? this.#value(valueLike(dice, path.kind)) : this.#path().text}`
  }

  #value(value: Json): string {
    return this.placeholders.value(value)
  }

  #path(attribute?: string): Path {
    const dice = this.#dice
    const { placeholders } = this
    const name = attribute ?? dice.pick([...attributeNames, 'p', 's', 'g', 'missing'])
    const text = placeholders.name(name)
    const kind: ValueKind = name in attributes ? attributes[name as keyof typeof attributes] : 'any' // The name is one of them.
    if (kind === 'map' && dice.chance(60)) {
      const member = dice.pick(['x', 'y', 'name'])
      const deep = `${text}.${placeholders.name(member)}`
      return dice.chance(15)
        ? { text: `${deep}[${dice.below(3)}]`, kind: 'any' }
        : { text: deep, kind: 'any' }
    }
    if (kind === 'list' && dice.chance(60)) return { text: `${text}[${dice.below(4)}]`, kind: 'any' }
    return { text, kind }
  }

  #spoil(text: string): string {
    const dice = this.#dice
    if (!dice.chance(4)) return text
    const tokens = text.split(/(\s+|[(),=])/).filter((token) => token !== '')
    const at = dice.below(tokens.length)
    const other = dice.pick([
      ':v0',
      '#n0',
      'AND',
      'OR',
      ',',
      ')',
      '(',
      '=',
      '<>',
      'size',
      '[1]',
      '.x',
      'a',
      '*',
      'ünder',
      '0',
      '',
    ])
    return dice.pick([
      () => tokens.toSpliced(at, 1).join(''),
      () => tokens.toSpliced(at, 0, tokens[at]!).join(''),
      () => tokens.toSpliced(at, 1, other).join(''),
      () => tokens.toSpliced(at, 0, ` ${other} `).join(''),
      () => '',
    ])()
  }
}
