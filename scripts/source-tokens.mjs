/**
 * Tokens of a TypeScript or JavaScript file, as far as the rules of the house need them: words, punctuation, the text of
 * strings, and comments apart. It knows where strings, templates, comments and regular expressions begin and end, so
 * that a word in a comment is no code; it knows nothing of grammar. Cost: one pass over the text.
 *
 * @typedef {{ kind: 'word' | 'mark' | 'string' | 'comment' | 'regex', text: string, line: number }} Token
 */

/** After one of these a "/" begins a regular expression and does not divide. */
const beforeRegex = new Set([
  ...'(,=:[!&|?{};+-*%<>~^'.split(''),
  ...[
    'return',
    'typeof',
    'case',
    'in',
    'of',
    'delete',
    'void',
    'throw',
    'new',
    'else',
    'do',
    'await',
    'yield',
    '=>',
  ],
])

/**
 * @param {string} source
 * @returns {Token[]}
 */
export function tokensOf(source) {
  /** @type {Token[]} */
  const tokens = []
  /** Depth of braces at which each open template expression ends. */
  const templates = []
  let depth = 0
  let line = 1
  let at = 0
  let previous = '('

  /** @param {Token['kind']} kind @param {number} end @param {string} [text] */
  const push = (kind, end, text = source.slice(at, end)) => {
    tokens.push({ kind, text, line })
    if (kind !== 'comment') previous = kind === 'string' || kind === 'regex' ? ')' : text
    for (let i = at; i < end; i++) if (source[i] === '\n') line++
    at = end
  }

  while (at < source.length) {
    const c = source[at]
    if (c === '\n') {
      line++
      at++
    } else if (c === ' ' || c === '\t' || c === '\r') at++
    else if (source.startsWith('//', at) || (at === 0 && source.startsWith('#!')))
      push('comment', endOfLine(source, at))
    else if (source.startsWith('/*', at)) push('comment', endAfter(source, '*/', at + 2))
    else if (c === "'" || c === '"') {
      const end = endOfQuoted(source, at, c)
      push('string', end, source.slice(at + 1, end - 1))
    } else if (c === '`' || (c === '}' && templates.at(-1) === depth)) {
      if (c === '}') templates.pop()
      const end = endOfTemplatePart(source, at + 1)
      const opens = source[end - 1] === '{'
      push('string', end, source.slice(at + 1, opens ? end - 2 : end - 1))
      if (opens) {
        templates.push(depth)
        previous = '('
      }
    } else if (c === '/' && beforeRegex.has(previous)) push('regex', endOfRegex(source, at + 1))
    else if (/[\p{ID_Start}$_\d#@]/u.test(c)) push('word', endOfWord(source, at))
    else {
      if (c === '{') depth++
      if (c === '}') depth--
      push('mark', source.startsWith('=>', at) ? at + 2 : at + 1)
    }
  }
  return tokens
}

/**
 * The modules that a file names: in import and export declarations, import() and import types.
 * @param {readonly Token[]} tokens
 * @returns {{ specifier: string, line: number, typeOnly: boolean }[]}
 */
export function importsOf(tokens) {
  const code = tokens.filter((token) => token.kind !== 'comment')
  const found = []
  for (let i = 0; i < code.length; i++) {
    const token = code[i]
    if (token.kind !== 'string') continue
    const before = code[i - 1]?.text
    const isFrom = before === 'from' || before === 'import'
    const isCall = before === '(' && (code[i - 2]?.text === 'import' || code[i - 2]?.text === 'require')
    if (!isFrom && !isCall) continue
    found.push({
      specifier: token.text,
      line: token.line,
      typeOnly: before === 'from' && isTypeOnly(code, i),
    })
  }
  return found
}

/** `import type ... from` and `export type ... from`; walks back to the word that begins the declaration. */
function isTypeOnly(code, from) {
  for (let i = from - 2; i >= 0; i--) {
    const text = code[i].text
    if (text === 'import' || text === 'export')
      return code[i + 1].text === 'type' && code[i + 2].text !== 'from'
  }
  return false
}

function endOfLine(source, at) {
  const end = source.indexOf('\n', at)
  return end < 0 ? source.length : end
}

function endAfter(source, text, at) {
  const end = source.indexOf(text, at)
  return end < 0 ? source.length : end + text.length
}

function endOfQuoted(source, start, quote) {
  let at = start + 1
  while (at < source.length && source[at] !== quote && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1
  return Math.min(at + 1, source.length)
}

function endOfTemplatePart(source, start) {
  let at = start
  while (at < source.length && source[at] !== '`' && !source.startsWith('${', at))
    at += source[at] === '\\' ? 2 : 1
  return Math.min(source[at] === '$' ? at + 2 : at + 1, source.length)
}

function endOfRegex(source, start) {
  let at = start
  let inClass = false
  while (at < source.length && source[at] !== '\n' && (inClass || source[at] !== '/')) {
    if (source[at] === '[') inClass = true
    else if (source[at] === ']') inClass = false
    at += source[at] === '\\' ? 2 : 1
  }
  return endOfWord(source, at + 1)
}

function endOfWord(source, start) {
  let at = start
  while (at < source.length && /[\p{ID_Continue}$#@]/u.test(source[at])) at++
  return Math.max(at, start)
}
