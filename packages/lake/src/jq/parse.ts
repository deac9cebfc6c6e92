/**
 * Parses jq text by precedence. From the loosest: `def`, `|` (right), `,`, `//` (right), `=` and its kin (none), `or`, `and`,
 * comparisons (none), `+ -`, `* / %`, then `try`, and what follows a term. `as`, `label`, `reduce`, `foreach` and `if` begin
 * operands; the body of `as` and `label` goes as far as it can.
 *
 * Values in an object are terms, or pipes of them, as in jq 1.6: other operators there stand in parentheses.
 */

import {
  type AssignOp,
  type BinaryOp,
  callNode,
  type Definition,
  identity,
  literalNode,
  type Node,
  type ObjectEntry,
  type Pattern,
  type PatternEntry,
} from './syntax.ts'
import { syntaxError } from './syntax-error.ts'
import { type Token, tokenize } from './tokens.ts'

/** Nesting of a query's text. */
const depthMax = 200
/** Characters of a query. */
export const jqTextMax = 20_000

/** Error: JQ_INVALID. */
export function parseJq(text: string): Node {
  if (text.length > jqTextMax) {
    throw syntaxError(
      text.slice(0, jqTextMax),
      0,
      `it has ${text.length} characters; ${jqTextMax} are allowed`,
    )
  }
  const parser = new Parser(text, tokenize(text))
  return parser.whole()
}

/** Definitions alone, as the built-in functions are written. */
export function parseDefinitions(text: string): Definition[] {
  const definitions: Definition[] = []
  let node = parseJq(`${text} .`)
  while (node.kind === 'define') {
    definitions.push(node.definition)
    node = node.rest
  }
  return definitions
}

const keywords = new Set([
  'def',
  'if',
  'then',
  'elif',
  'else',
  'end',
  'as',
  'reduce',
  'foreach',
  'try',
  'catch',
  'label',
  'import',
  'include',
  'and',
  'or',
])
const assignOps = new Set<string>(['=', '|=', '+=', '-=', '*=', '/=', '%=', '//='])
const comparisonOps = new Set<string>(['==', '!=', '<', '<=', '>', '>='])

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text
    this.#tokens = tokens
  }

  whole(): Node {
    if (this.#peek().kind === 'end') return identity
    const node = this.#pipe()
    const rest = this.#peek()
    if (rest.kind !== 'end') throw this.#error(rest, `${describe(rest)} cannot stand here`)
    return node
  }

  #pipe(): Node {
    if (++this.#depth > depthMax) throw this.#error(this.#peek(), `it nests deeper than ${depthMax}`)
    const node = this.#pipeParts()
    this.#depth--
    return node
  }

  #pipeParts(): Node {
    if (this.#isName('def')) {
      const definition = this.#definition()
      return { kind: 'define', definition, rest: this.#pipe() }
    }
    const left = this.#comma()
    return this.#skipOp('|') ? { kind: 'pipe', left, right: this.#pipe() } : left
  }

  #comma(): Node {
    let left = this.#alternative()
    while (this.#skipOp(',')) left = { kind: 'comma', left, right: this.#alternative() }
    return left
  }

  #alternative(): Node {
    const left = this.#assignment()
    return this.#skipOp('//') ? { kind: 'alternative', left, right: this.#alternative() } : left
  }

  #assignment(): Node {
    const left = this.#or()
    const token = this.#peek()
    if (token.kind !== 'op' || !assignOps.has(token.text)) return left
    this.#next++
    const right = this.#or()
    const second = this.#peek()
    if (second.kind === 'op' && assignOps.has(second.text)) {
      throw this.#error(second, 'assignments do not chain; put one of them in parentheses')
    }
    // The set has the assignments only.
    return { kind: 'assign', op: token.text as AssignOp, left, right }
  }

  #or(): Node {
    let left = this.#and()
    while (this.#skipName('or')) left = { kind: 'logic', op: 'or', left, right: this.#and() }
    return left
  }

  #and(): Node {
    let left = this.#comparison()
    while (this.#skipName('and')) left = { kind: 'logic', op: 'and', left, right: this.#comparison() }
    return left
  }

  #comparison(): Node {
    const left = this.#sum()
    const token = this.#peek()
    if (token.kind !== 'op' || !comparisonOps.has(token.text)) return left
    this.#next++
    const right = this.#sum()
    const second = this.#peek()
    if (second.kind === 'op' && comparisonOps.has(second.text)) {
      throw this.#error(second, 'comparisons do not chain; put one of them in parentheses')
    }
    // The set has the comparisons only.
    return { kind: 'binary', op: token.text as BinaryOp, left, right }
  }

  #sum(): Node {
    let left = this.#product()
    for (let op = this.#takeOp('+', '-'); op !== undefined; op = this.#takeOp('+', '-')) {
      left = { kind: 'binary', op, left, right: this.#product() }
    }
    return left
  }

  #product(): Node {
    let left = this.#operand()
    for (let op = this.#takeOp('*', '/', '%'); op !== undefined; op = this.#takeOp('*', '/', '%')) {
      left = { kind: 'binary', op, left, right: this.#operand() }
    }
    return left
  }

  #operand(): Node {
    if (this.#skipOp('-')) return { kind: 'negate', body: this.#product() }
    if (this.#isName('def')) return this.#pipe()
    if (this.#skipName('label')) {
      const name = this.#variable()
      this.#expectOp('|')
      return { kind: 'label', name, body: this.#pipe() }
    }
    const term = this.#postfix()
    if (!this.#skipName('as')) return term
    const pattern = this.#pattern()
    const after = this.#peek()
    if (after.text === '?//') throw this.#error(after, 'alternatives of patterns (?//) are not supported')
    this.#expectOp('|')
    return { kind: 'bind', source: term, pattern, body: this.#pipe() }
  }

  /** A term and the indexes, iterations and question marks that follow it. */
  #postfix(): Node {
    let node = this.#term()
    for (;;) {
      const token = this.#peek()
      if (token.kind === 'field') {
        this.#next++
        node = { kind: 'index', of: node, key: literalNode(token.text), isOptional: this.#skipOp('?') }
      } else if (token.text === '.' && token.kind === 'op') {
        const after = this.#tokens[this.#next + 1]
        if (after?.kind !== 'string') throw this.#error(token, 'after a dot comes a name or a string')
        this.#next += 2
        node = { kind: 'index', of: node, key: this.#string(after, '@text'), isOptional: this.#skipOp('?') }
      } else if (this.#skipOp('[')) node = this.#bracket(node)
      else if (this.#skipOp('?')) node = { kind: 'try', body: node, handler: undefined }
      else return node
    }
  }

  #bracket(of: Node): Node {
    if (this.#skipOp(']')) return { kind: 'each', of, isOptional: this.#skipOp('?') }
    const from = this.#skipOp(':') ? undefined : this.#pipe()
    if (from !== undefined && !this.#skipOp(':')) {
      this.#expectOp(']')
      return { kind: 'index', of, key: from, isOptional: this.#skipOp('?') }
    }
    const isOpen = from !== undefined && this.#skipOp(']')
    const to = isOpen ? literalNode(null) : this.#pipe()
    if (!isOpen) this.#expectOp(']')
    return { kind: 'slice', of, from: from ?? literalNode(null), to, isOptional: this.#skipOp('?') }
  }

  #term(): Node {
    const token = this.#peek()
    switch (token.kind) {
      case 'number':
        this.#next++
        return literalNode(Number(token.text))
      case 'string':
        this.#next++
        return this.#string(token, '@text')
      case 'field':
        this.#next++
        return { kind: 'index', of: identity, key: literalNode(token.text), isOptional: this.#skipOp('?') }
      case 'variable':
        this.#next++
        if (token.text === '__loc__') return literalNode({ file: '<top-level>', line: this.#lineOf(token) })
        return { kind: 'variable', name: token.text, at: token.at }
      case 'format':
        return this.#format(token.text)
      case 'name':
        return this.#nameTerm(token)
      case 'op':
        return this.#opTerm(token)
      case 'end':
        throw this.#error(token, 'an expression is missing')
    }
  }

  #opTerm(token: Token): Node {
    this.#next++
    switch (token.text) {
      case '.': {
        const after = this.#peek()
        if (after.kind !== 'string') return identity
        this.#next++
        return {
          kind: 'index',
          of: identity,
          key: this.#string(after, '@text'),
          isOptional: this.#skipOp('?'),
        }
      }
      case '..':
        return callNode('recurse')
      case '(': {
        const node = this.#pipe()
        this.#expectOp(')')
        return node
      }
      case '[': {
        if (this.#skipOp(']')) return { kind: 'array', body: undefined }
        const body = this.#pipe()
        this.#expectOp(']')
        return { kind: 'array', body }
      }
      case '{':
        return this.#object()
    }
    this.#next--
    throw this.#error(token, `${describe(token)} cannot begin an expression`)
  }

  #nameTerm(token: Token): Node {
    this.#next++
    switch (token.text) {
      case 'if':
        return this.#condition()
      case 'try': {
        const body = this.#tryPart()
        return { kind: 'try', body, handler: this.#skipName('catch') ? this.#tryPart() : undefined }
      }
      case 'reduce': {
        const { source, pattern } = this.#loopHead()
        const [init, update] = this.#loopParts(2, 2)
        return { kind: 'reduce', source, pattern, init, update }
      }
      case 'foreach': {
        const { source, pattern } = this.#loopHead()
        const [init, update, extract] = this.#loopParts(2, 3)
        return { kind: 'foreach', source, pattern, init, update, extract: extract ?? identity }
      }
      case 'break':
        if (this.#peek().kind === 'variable') return { kind: 'break', name: this.#variable(), at: token.at }
        break
      case 'import':
      case 'include':
        throw this.#error(token, 'a query has no modules', 'Define the function in the query: def NAME: ...;')
    }
    if (keywords.has(token.text)) {
      this.#next--
      throw this.#error(token, `${describe(token)} cannot begin an expression`)
    }
    return { kind: 'call', name: token.text, args: this.#arguments(), at: token.at }
  }

  #tryPart(): Node {
    return this.#skipOp('-') ? { kind: 'negate', body: this.#postfix() } : this.#postfix()
  }

  #arguments(): Node[] {
    const args: Node[] = []
    if (!this.#skipOp('(')) return args
    do args.push(this.#pipe())
    while (this.#skipOp(';'))
    this.#expectOp(')')
    return args
  }

  #condition(): Node {
    const condition = this.#pipe()
    this.#expectName('then')
    const then = this.#pipe()
    if (this.#skipName('elif')) return { kind: 'if', condition, then, otherwise: this.#condition() }
    if (this.#isName('end')) {
      throw this.#error(this.#peek(), 'if has no else', 'Write: if ... then ... else . end.')
    }
    this.#expectName('else')
    const otherwise = this.#pipe()
    this.#expectName('end')
    return { kind: 'if', condition, then, otherwise }
  }

  #loopHead(): { source: Node; pattern: Pattern } {
    const source = this.#postfix()
    this.#expectName('as')
    return { source, pattern: this.#pattern() }
  }

  #loopParts(min: 2, max: 2 | 3): [Node, Node, Node | undefined] {
    const open = this.#peek()
    this.#expectOp('(')
    const init = this.#pipe()
    this.#expectOp(';')
    const update = this.#pipe()
    const extract = max > min && this.#skipOp(';') ? this.#pipe() : undefined
    if (this.#peek().text === ';') throw this.#error(open, `the loop has more than ${max} parts`)
    this.#expectOp(')')
    return [init, update, extract]
  }

  #format(name: string): Node {
    this.#next++
    const string = this.#peek()
    if (string.kind !== 'string') return { kind: 'format', name }
    this.#next++
    return this.#string(string, name)
  }

  #string(token: Token & { kind: 'string' }, format: string): Node {
    const [only] = token.parts
    if (token.parts.length === 1 && typeof only === 'string') return literalNode(only)
    const parts = token.parts.map((part) => {
      if (typeof part === 'string') return part
      const inner = new Parser(this.#text, part)
      inner.#depth = this.#depth + 1
      if (part[0]?.kind === 'end') throw this.#error(part[0], 'an expression is missing')
      return inner.whole()
    })
    return { kind: 'text', format, parts }
  }

  #object(): Node {
    const entries: ObjectEntry[] = []
    if (this.#skipOp('}')) return { kind: 'object', entries }
    do entries.push(this.#objectEntry())
    while (this.#skipOp(','))
    this.#expectOp('}')
    return { kind: 'object', entries }
  }

  #objectEntry(): ObjectEntry {
    const token = this.#peek()
    let key: Node
    let short: Node | undefined
    if (token.kind === 'variable') {
      this.#next++
      const value =
        token.text === '__loc__' ? literalNode({ file: '<top-level>', line: this.#lineOf(token) }) : undefined
      return {
        key: literalNode(token.text),
        value: value ?? { kind: 'variable', name: token.text, at: token.at },
        from: token.at,
        to: token.end,
      }
    }
    if (token.kind === 'name') {
      this.#next++
      key = literalNode(token.text)
      short = { kind: 'index', of: identity, key, isOptional: false }
    } else if (token.kind === 'string') {
      this.#next++
      key = this.#string(token, '@text')
      short = { kind: 'index', of: identity, key, isOptional: false }
    } else if (token.kind === 'format' && this.#tokens[this.#next + 1]?.kind === 'string') {
      key = this.#format(token.text)
      short = { kind: 'index', of: identity, key, isOptional: false }
    } else if (this.#skipOp('(')) {
      key = this.#pipe()
      this.#expectOp(')')
    } else {
      throw this.#error(
        token,
        `${describe(token)} cannot be the key of an object`,
        'Keys are names, strings, $variables, or expressions in parentheses.',
      )
    }
    if (!this.#skipOp(':')) {
      if (short === undefined)
        throw this.#error(this.#peek(), 'a key in parentheses needs a value: {(KEY): VALUE}')
      return { key, value: short, from: token.at, to: token.end }
    }
    const from = this.#peek().at
    const value = this.#objectValue()
    const after = this.#peek()
    if (after.text !== ',' && after.text !== '}') {
      throw this.#error(
        after,
        `${describe(after)} cannot follow the value of an object`,
        'Put the value in parentheses: {key: (a + b)}.',
      )
    }
    return { key, value, from, to: this.#tokens[this.#next - 1]?.end ?? from }
  }

  #objectValue(): Node {
    const left: Node = this.#skipOp('-') ? { kind: 'negate', body: this.#postfix() } : this.#postfix()
    return this.#skipOp('|') ? { kind: 'pipe', left, right: this.#objectValue() } : left
  }

  #pattern(): Pattern {
    if (this.#peek().kind === 'variable') return { kind: 'variable', name: this.#variable() }
    if (this.#skipOp('[')) {
      const items: Pattern[] = []
      do items.push(this.#pattern())
      while (this.#skipOp(','))
      this.#expectOp(']')
      return { kind: 'array', items }
    }
    this.#expectOp('{')
    const entries: PatternEntry[] = []
    do entries.push(this.#patternEntry())
    while (this.#skipOp(','))
    this.#expectOp('}')
    return { kind: 'object', entries }
  }

  #patternEntry(): PatternEntry {
    const token = this.#peek()
    this.#next++
    if (token.kind === 'variable') {
      const pattern = this.#skipOp(':') ? this.#pattern() : undefined
      return { key: literalNode(token.text), variable: token.text, pattern }
    }
    let key: Node
    if (token.kind === 'name') key = literalNode(token.text)
    else if (token.kind === 'string') key = this.#string(token, '@text')
    else if (token.text === '(') {
      key = this.#pipe()
      this.#expectOp(')')
    } else throw this.#error(token, `${describe(token)} cannot be a key of a pattern`)
    this.#expectOp(':')
    return { key, variable: undefined, pattern: this.#pattern() }
  }

  #definition(): Definition {
    this.#expectName('def')
    const name = this.#peek()
    if (name.kind !== 'name') throw this.#error(name, 'the name of the function is missing')
    this.#next++
    const params: string[] = []
    const values: { name: string; at: number }[] = []
    if (this.#skipOp('(')) {
      do {
        const param = this.#peek()
        if (param.kind !== 'name' && param.kind !== 'variable') {
          throw this.#error(param, 'a parameter is a name or a $variable')
        }
        this.#next++
        if (param.kind === 'variable') values.push({ name: param.text, at: param.at })
        params.push(param.text)
      } while (this.#skipOp(';'))
      this.#expectOp(')')
    }
    this.#expectOp(':')
    let body = this.#pipe()
    this.#expectOp(';')
    for (const { name: value, at } of values.reverse()) {
      const source: Node = { kind: 'call', name: value, args: [], at }
      body = { kind: 'bind', source, pattern: { kind: 'variable', name: value }, body }
    }
    return { name: name.text, params, body }
  }

  #variable(): string {
    const token = this.#peek()
    if (token.kind !== 'variable') throw this.#error(token, 'a $variable is missing')
    this.#next++
    return token.text
  }

  #lineOf(token: Token): number {
    return this.#text.slice(0, token.at).split('\n').length
  }

  #peek(): Token {
    // The last token is the end, which nothing steps over.
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]!
  }

  #isName(text: string): boolean {
    const token = this.#peek()
    return token.kind === 'name' && token.text === text
  }

  #skipName(text: string): boolean {
    if (!this.#isName(text)) return false
    this.#next++
    return true
  }

  #skipOp(text: string): boolean {
    const token = this.#peek()
    if (token.kind !== 'op' || token.text !== text) return false
    this.#next++
    return true
  }

  #takeOp<Op extends BinaryOp>(...ops: Op[]): Op | undefined {
    return ops.find((op) => this.#skipOp(op))
  }

  #expectOp(text: string): void {
    if (!this.#skipOp(text))
      throw this.#error(this.#peek(), `${text} is expected, not ${describe(this.#peek())}`)
  }

  #expectName(text: string): void {
    if (!this.#skipName(text))
      throw this.#error(this.#peek(), `${text} is expected, not ${describe(this.#peek())}`)
  }

  #error(token: Token, problem: string, next?: string) {
    return syntaxError(this.#text, token.at, problem, next)
  }
}

function describe(token: Token): string {
  return token.kind === 'end' ? 'the end' : `"${token.text.slice(0, 20)}"`
}
