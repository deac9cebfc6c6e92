/** Code for text functions: LIKE with a literal pattern, ||, UPPER, LOWER and CHAR_LENGTH. */
import { matchesLike, parseLike } from '../../functions/like.ts'
import { codePointLength } from '../../functions/text.ts'
import type { CallExpr } from '../../plan.ts'
import type { ExpressionCode, Fragment } from './expression-code.ts'

/** Types of at least this length hold the result of any concatenation. */
const unbounded = 0x7fff_ffff

export function inlineText(code: ExpressionCode, call: CallExpr): Fragment | undefined {
  switch (call.fn) {
    case 'LIKE':
      return like(code, call)
    case '||':
    case 'CONCAT': {
      if (call.type.kind !== 'VARCHAR' || call.type.length < unbounded) return undefined
      if (!call.args.every(({ type }) => type.kind === 'VARCHAR' || type.kind === 'CHAR')) return undefined
      const args = call.args.map((arg) => code.expression(arg))
      return code.strict(args, args.map(({ text }) => text).join(' + '), call.type)
    }
    case 'CHAR_LENGTH': {
      const arg = code.expression(call.args[0]!)
      return code.strict([arg], `${code.constant(codePointLength)}(${arg.text})`, call.type)
    }
  }
  return undefined
}

function like(code: ExpressionCode, call: CallExpr): Fragment | undefined {
  const [text, pattern, escaping] = call.args
  if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string') return undefined
  if (escaping !== undefined && (escaping.kind !== 'literal' || typeof escaping.value !== 'string'))
    return undefined
  let items: ReturnType<typeof parseLike>
  try {
    items = parseLike(pattern.value, escaping === undefined ? undefined : String(escaping.value))
  } catch {
    // The function table fails the rows with its own words.
    return undefined
  }
  const value = code.expression(text!)
  const test = code.constant((each: string) => matchesLike(each, items))
  return code.strict([value], `${test}(${value.text})`, call.type)
}
