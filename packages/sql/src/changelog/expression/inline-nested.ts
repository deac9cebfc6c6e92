/** Code for access to nested values, and for what is read from the surroundings. */
import type { CallExpr } from '../../plan.ts'
import type { Code, Fragment } from './code.ts'
import { isPlainInteger } from './number-types.ts'

export function inlineNested(code: Code, call: CallExpr): Fragment | undefined {
  switch (call.fn) {
    case 'FIELD': {
      const index = call.args[1]
      if (index?.kind !== 'literal') return undefined
      const row = code.expression(call.args[0]!)
      return code.strict([row], `${row.text}[${Number(index.value)}]`, call.type, true)
    }
    case 'ITEM': {
      const [collection, index] = [call.args[0]!, call.args[1]!]
      if (collection.type.kind !== 'ARRAY' || !isPlainInteger(index.type)) return undefined
      const [array, at] = [code.expression(collection), code.expression(index)]
      const caller = code.callerOf(call)
      const inside = `${at.text} >= 1 && ${at.text} <= ${array.text}.length`
      const text = `(${inside} ? ${array.text}[${at.text} - 1] : ${caller.name}(${array.text}, ${at.text}))`
      return code.strict([array, at], text, call.type, true)
    }
    case 'PROCTIME':
      return code.assign(`${code.constant(() => code.context.now())}()`, call.type, false)
    case 'CURRENT_WATERMARK':
      return code.assign(`${code.constant(() => code.context.watermark() ?? null)}()`, call.type, true)
  }
  return undefined
}
