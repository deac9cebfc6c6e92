/**
 * Rules of the house that no general linter knows; scripts/house-rules.test.ts runs them over the tree.
 *   clock   time and randomness come from ports, so that a test can hold them: Date.now, new Date(), performance.now,
 *           process.hrtime, Math.random, setTimeout, setInterval. Benchmarks (*.bench.ts) measure and are exempt, and so
 *           are the files in house-rules.json, each with its reason
 *   any     no `any` as a type
 *   todo    no notes for later in the code; what is missing is refused with a reason or is an issue
 *   length  a file of more than 600 lines holds a second idea
 * The search is on tokens, so a word in a string or, but for `todo`, in a comment does not count.
 */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { tokensOf } from './source-tokens.mjs'

export function readHouseRules() {
  return JSON.parse(readFileSync(new URL('./house-rules.json', import.meta.url), 'utf8'))
}

/**
 * @param {string} root
 * @param {readonly string[]} files Absolute paths.
 * @param {{ linesMax: number, clockAllowed: Record<string, string> }} rules
 * @returns {{ rule: 'clock' | 'any' | 'todo' | 'length', file: string, line: number, message: string }[]}
 */
export function checkHouseRules(root, files, rules) {
  return files.flatMap((path) => {
    const file = relative(root, path).replaceAll('\\', '/')
    const text = readFileSync(path, 'utf8')
    const tokens = tokensOf(text)
    const findings = [...notesForLater(tokens), ...anyTypes(tokens), ...tooLong(text, rules.linesMax)]
    const mayTellTime = file in rules.clockAllowed || /\.bench\.[a-z]+$/.test(file)
    if (!mayTellTime) findings.push(...clocks(tokens))
    return findings.map((finding) => ({ ...finding, file }))
  })
}

const members = new Set(['Date.now', 'performance.now', 'Math.random', 'process.hrtime'])
const timers = new Set(['setTimeout', 'setInterval'])

function clocks(tokens) {
  const code = tokens.filter((token) => token.kind !== 'comment')
  const found = []
  code.forEach((token, i) => {
    if (token.kind !== 'word') return
    const [next, second] = [code[i + 1]?.text, code[i + 2]?.text]
    const member = next === '.' ? `${token.text}.${second}` : ''
    const isNow = token.text === 'Date' && code[i - 1]?.text === 'new' && next === '(' && second === ')'
    // A method that happens to have the name of a timer is no timer.
    const isTimer = timers.has(token.text) && next === '(' && code[i - 1]?.text !== '.'
    if (!members.has(member) && !isNow && !isTimer) return
    const what = member || (isNow ? 'new Date()' : token.text)
    const message = `${what} outside a port; take a Clock or Random as an argument`
    found.push({ rule: 'clock', line: token.line, message })
  })
  return found
}

/** `any` where a type stands: after `:`, `<`, `,`, `|`, `&`, `as`, `=>`; as a name of a member or variable it is fine. */
function anyTypes(tokens) {
  const code = tokens.filter((token) => token.kind !== 'comment')
  return code.flatMap((token, i) => {
    if (token.kind !== 'word' || token.text !== 'any') return []
    const before = code[i - 1]?.text
    const after = code[i + 1]?.text
    const isType =
      [':', '<', ',', '|', '&', 'as', '=>', '='].includes(before) && after !== ':' && after !== '('
    return isType
      ? [{ rule: 'any', line: token.line, message: 'use unknown and narrow it, or the real type' }]
      : []
  })
}

function notesForLater(tokens) {
  return tokens
    .filter((token) => token.kind === 'comment' && /\b(TODO|FIXME|XXX|HACK)\b/.test(token.text))
    .map((token) => ({
      rule: 'todo',
      line: token.line,
      message: 'refuse it with a reason, or make it an issue',
    }))
}

function tooLong(text, linesMax) {
  const lines = text.split('\n').length - 1
  if (lines <= linesMax) return []
  return [{ rule: 'length', line: linesMax, message: `${lines} lines; look for the second idea in the file` }]
}
