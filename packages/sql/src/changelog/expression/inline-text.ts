/** Code for text functions: LIKE and DATE_FORMAT with a literal pattern, ||, CONCAT and CHAR_LENGTH. */
import { matchesLike, parseLike } from '../../functions/like.ts'
import { codePointLength } from '../../functions/text.ts'
import type { CallExpr, SqlValue } from '../../plan.ts'
import { makeCaller } from './call-function.ts'
import type { Code, Fragment } from './code.ts'

/** Types of at least this length hold the result of any concatenation. */
const unbounded = 0x7fff_ffff

export function inlineText(code: Code, call: CallExpr): Fragment | undefined {
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
    case 'DATE_FORMAT':
      return dateFormat(code, call)
    case 'CHAR_LENGTH': {
      const arg = code.expression(call.args[0]!)
      return code.strict([arg], `${code.constant(codePointLength)}(${arg.text})`, call.type)
    }
  }
  return undefined
}

function like(code: Code, call: CallExpr): Fragment | undefined {
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

/** Letters of patterns that show nothing finer than so many ms; others may show anything. */
const fineness: Readonly<Record<string, number>> = {
  y: 86_400_000,
  M: 86_400_000,
  d: 86_400_000,
  E: 86_400_000,
  H: 3_600_000,
  m: 60_000,
  s: 1000,
}

/** Times of a stream come close together, so the text of the last one is often that of the next. */
function dateFormat(code: Code, call: CallExpr): Fragment | undefined {
  const [time, pattern] = call.args
  if (time?.type.kind !== 'TIMESTAMP' || pattern?.kind !== 'literal' || typeof pattern.value !== 'string') {
    return undefined
  }
  const shown = pattern.value.match(/[A-Za-z]/g) ?? []
  const step = Math.min(86_400_000, ...shown.map((letter) => fineness[letter] ?? 0))
  if (step === 0) return undefined
  const value = code.expression(time)
  const { call: format } = makeCaller(call, code.context)
  let lastStep = Number.NaN
  let last: SqlValue = null
  const cached = code.constant((ms: number) => {
    const at = Math.floor(ms / step)
    if (at !== lastStep) {
      last = format(ms, pattern.value)
      lastStep = at
    }
    return last
  })
  return code.strict([value], `${cached}(${value.text})`, call.type, true)
}
