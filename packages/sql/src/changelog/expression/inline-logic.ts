/** Code for AND, OR, NOT, the truth and NULL tests, CASE, COALESCE and NULLIF. Arguments run only as far as needed. */
import type { CallExpr } from '../../plan.ts'
import type { Code, Fragment } from './code.ts'
import { equality } from './inline-comparison.ts'

export function inlineLogic(code: Code, call: CallExpr): Fragment | undefined {
  switch (call.fn) {
    case 'AND':
      return connective(code, call, 'false')
    case 'OR':
      return connective(code, call, 'true')
    case 'NOT': {
      const arg = code.expression(call.args[0]!)
      return code.strict([arg], `!${arg.text}`, call.type)
    }
    case 'IS NULL':
      return truth(code, call, (text) => `${text} === null`)
    case 'IS NOT NULL':
      return truth(code, call, (text) => `${text} !== null`)
    case 'IS TRUE':
      return truth(code, call, (text) => `${text} === true`)
    case 'IS NOT TRUE':
      return truth(code, call, (text) => `${text} !== true`)
    case 'IS FALSE':
      return truth(code, call, (text) => `${text} === false`)
    case 'IS NOT FALSE':
      return truth(code, call, (text) => `${text} !== false`)
    case 'IS UNKNOWN':
      return truth(code, call, (text) => `${text} === null`)
    case 'IS NOT UNKNOWN':
      return truth(code, call, (text) => `${text} !== null`)
    case 'CASE':
    case 'IF':
      return choice(code, call)
    case 'COALESCE':
    case 'IFNULL':
      return coalesce(code, call)
    case 'NULLIF': {
      const [a, b] = [code.expression(call.args[0]!), code.expression(call.args[1]!)]
      const same = equality(code, a, b)
      if (same === undefined) return code.callWith(call, [a, b])
      return code.assign(
        `${a.text} !== null && ${b.text} !== null && ${same} ? null : ${a.text}`,
        call.type,
        true,
      )
    }
  }
  return undefined
}

/** `decisive` ends the evaluation; without it UNKNOWN wins. */
function connective(code: Code, call: CallExpr, decisive: 'true' | 'false'): Fragment {
  const result = code.temp()
  let nullable = false
  call.args.forEach((arg, i) => {
    if (i > 0) code.emit(`if (${result} !== ${decisive}) {`)
    const value = code.expression(arg)
    if (i === 0) code.emit(`${result} = ${value.text}`)
    else if (value.nullable || nullable) {
      // UNKNOWN so far stays, unless this argument decides.
      code.emit(`if (${value.text} === ${decisive} || ${result} !== null) ${result} = ${value.text}`)
    } else code.emit(`${result} = ${value.text}`)
    nullable ||= value.nullable
  })
  code.emit('}'.repeat(call.args.length - 1))
  return { text: result, nullable, type: call.type }
}

function truth(code: Code, call: CallExpr, test: (text: string) => string): Fragment {
  return code.assign(test(code.expression(call.args[0]!).text), call.type, false)
}

function choice(code: Code, call: CallExpr): Fragment {
  const result = code.temp()
  const { args } = call
  let nullable = false
  let open = 0
  const branch = (index: number) => {
    const value = code.expression(args[index]!)
    nullable ||= value.nullable
    code.emit(`${result} = ${value.text}`)
  }
  for (let i = 0; i + 1 < args.length; i += 2) {
    const condition = code.expression(args[i]!)
    code.emit(`if (${condition.text} === true) {`)
    branch(i + 1)
    code.emit('} else {')
    open++
  }
  branch(args.length - 1)
  code.emit('}'.repeat(open))
  return { text: result, nullable, type: call.type }
}

function coalesce(code: Code, call: CallExpr): Fragment {
  const result = code.temp()
  let nullable = true
  let open = 0
  for (const [i, arg] of call.args.entries()) {
    if (i > 0) {
      code.emit(`if (${result} === null) {`)
      open++
    }
    const value = code.expression(arg)
    code.emit(`${result} = ${value.text}`)
    if (!value.nullable) {
      nullable = false
      break
    }
  }
  code.emit('}'.repeat(open))
  return { text: result, nullable, type: call.type }
}
