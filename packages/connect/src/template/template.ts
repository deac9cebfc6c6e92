/**
 * Templates of the Kinesis Data Generator: text with calls `{{module.method}}` and `{{module.method(argument)}}`, which are
 * replaced by what they return.
 *
 * Line breaks of the template are taken out before anything else, and space around it. An argument goes from the first `(` to the
 * next `)`: JSON, or else text. What calls return is looked through for calls again, a few hundred times at most. Unlike in the
 * tool, `}}` that closes nothing is text, so that nested JSON may end in it.
 */
import { didYouMean } from '@millrace/values'
import { ConnectError, shown } from '../errors.ts'
import type { Helper, HelperMaker, HelperValue, RecordContext } from './helper.ts'
import { helpers } from './helpers/index.ts'
import { compileMomentPattern } from './moment-pattern.ts'

export interface Template {
  /** Whether a record can be made only with `words`. */
  readonly needsWords: boolean
  /** The text of one record, without a newline. Error: TEMPLATE_INVALID, where a result holds a call that does not exist. */
  render(context: RecordContext): string
}

/** Characters of a template. */
const templateMax = 1_000_000
/** How often results are looked through. */
const roundsMax = 200

interface Call {
  readonly helper: Helper
  readonly needsWords: boolean
}

/** `name`: of the template, for messages. Error: TEMPLATE_INVALID, with the place. */
export function compileTemplate(text: string, name: string): Template {
  if (text.length > templateMax) {
    throw new ConnectError(
      'TEMPLATE_INVALID',
      `${name} has ${text.length} characters; ${templateMax} are allowed.`,
    )
  }
  const parts = parse(text.trim().replace(/\r?\n/g, ''), (token, problem) => {
    throw new ConnectError('TEMPLATE_INVALID', `${name}, ${placeOf(text, token)}: ${problem}`)
  })
  const calls = parts.filter((part) => typeof part !== 'string')
  return {
    // Results may hold any call.
    needsWords: calls.some(({ needsWords }) => needsWords),
    render(context) {
      let record = fill(parts, context)
      for (let round = 0; record.includes('{{'); round++) {
        const again = parse(record, (_token, problem) => {
          throw new ConnectError('TEMPLATE_INVALID', `${name}, in a result: ${problem}`)
        })
        if (round === roundsMax) {
          throw new ConnectError('TEMPLATE_INVALID', `${name}: results hold calls without end.`)
        }
        if (
          context.words === undefined &&
          again.some((part) => typeof part !== 'string' && part.needsWords)
        ) {
          throw new ConnectError(
            'TEMPLATE_INVALID',
            `${name}: a result holds a call for words, and the template none.`,
          )
        }
        record = fill(again, context)
      }
      return record
    },
  }
}

function fill(parts: readonly (string | Call)[], context: RecordContext): string {
  let text = ''
  for (const part of parts) text += typeof part === 'string' ? part : textOf(part.helper(context), context)
  return text
}

/** Lists are separated by commas, dates as JavaScript prints them, objects are JSON. */
function textOf(value: HelperValue, context: RecordContext): string {
  if (value instanceof Date) return dateText(value.getTime(), context)
  if (Array.isArray(value)) {
    // Elements of JSON, or what faker gives.
    return value.map((item) => (item === null ? '' : textOf(item as HelperValue, context))).join(',')
  }
  if (typeof value === 'object' && value !== null) return JSON.stringify(value)
  return String(value)
}

const dateStart = compileMomentPattern('ddd MMM DD YYYY HH:mm:ss [GMT]ZZ')

function dateText(instant: number, { zone }: RecordContext): string {
  const named = new Intl.DateTimeFormat('en-US', { timeZone: zone.region ?? 'UTC', timeZoneName: 'long' })
  const name = named.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? zone.name
  return `${dateStart(instant, zone)} (${name})`
}

/** `fail` is called with the number of the call and what is wrong with it. */
function parse(text: string, fail: (token: number, problem: string) => never): (string | Call)[] {
  const parts: (string | Call)[] = []
  let from = 0
  let count = 0
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', from)) {
    const close = closeOf(text, open)
    if (close < 0) fail(count, 'the call that begins here has no }}')
    if (open > from) parts.push(text.slice(from, open))
    const call = parseCall(text.slice(open + 2, close))
    if (typeof call === 'string') fail(count, call)
    else parts.push(call)
    count++
    from = close + 2
  }
  if (from < text.length) parts.push(text.slice(from))
  return parts
}

/** Where the `}}` of a call is: behind its argument, in which braces may stand. */
function closeOf(text: string, open: number): number {
  const close = text.indexOf('}}', open)
  const argument = text.indexOf('(', open)
  if (argument < 0 || argument > close) return close
  const end = text.indexOf(')', argument)
  return end < 0 ? close : text.indexOf('}}', end)
}

/** The call, or what is wrong with it. */
function parseCall(text: string): Call | string {
  const call = text.trim() === 'current.timestamp' ? 'date.now' : text
  const [, argumentText] = /\(([^)]*)\)/.exec(call) ?? []
  const path = call.replace(/\([^)]*\)/, '').trim()
  const dot = path.indexOf('.')
  const moduleName = dot < 0 ? path : path.slice(0, dot)
  const methodName = dot < 0 ? '' : path.slice(dot + 1)
  const modules: Readonly<Record<string, Readonly<Record<string, HelperMaker>>>> = helpers
  const methods = Object.hasOwn(modules, moduleName) ? modules[moduleName] : undefined
  if (methods === undefined) {
    return `Invalid module: ${moduleName}. ${didYouMean(moduleName, Object.keys(modules))}There are: ${Object.keys(modules).join(', ')}.`
  }
  const maker = Object.hasOwn(methods, methodName) ? methods[methodName] : undefined
  if (maker === undefined) {
    return `Invalid method: ${moduleName}.${methodName}. ${didYouMean(methodName, Object.keys(methods))}${moduleName} has: ${Object.keys(methods).join(', ')}.`
  }
  const helper = maker.make(argumentOf(argumentText))
  if (typeof helper === 'string') {
    const given = argumentText === undefined ? 'no argument' : shown(argumentText)
    return `${moduleName}.${methodName} with ${given}: ${helper}.`
  }
  return { helper, needsWords: maker.needsWords }
}

function argumentOf(text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Line and column of a call, by its number: the template is parsed without its line breaks. */
function placeOf(text: string, token: number): string {
  let at = -1
  for (const match of text.matchAll(/\{(?:\r?\n)*\{/g)) {
    at = match.index
    if (token-- === 0) break
  }
  const before = text.slice(0, Math.max(0, at))
  return `line ${before.split('\n').length}:${before.length - before.lastIndexOf('\n')}`
}
