/**
 * Prefixes of a delivery's objects as text with expressions:
 *   prefix     = (text | '!{' namespace ':' value '}')*
 *   namespace  = timestamp (a date pattern of Java) | firehose (random-string, error-output-type)
 *              | partitionKeyFromQuery (a key) | partitionKeyFromLambda (a key)
 * An expression ends at the first `}`; `!{` opens nothing else. Whether an expression may stand in a prefix is for
 * delivery-prefixes.ts to say.
 */
import { didYouMean } from '@millrace/values'
import { LakeError } from '../errors.ts'
import { compileJavaPattern, type JavaPattern } from './java-time/java-pattern.ts'

export type PrefixPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'timestamp'; readonly at: number; readonly pattern: JavaPattern }
  | { readonly kind: 'random-string'; readonly at: number }
  | { readonly kind: 'error-output-type'; readonly at: number }
  | { readonly kind: 'query-key'; readonly at: number; readonly key: string }
  | { readonly kind: 'function-key'; readonly at: number; readonly key: string }

/** Length of a prefix's text. */
export const prefixTextMax = 1024

const namespaces = ['timestamp', 'firehose', 'partitionKeyFromQuery', 'partitionKeyFromLambda'] as const
const firehoseValues = ['random-string', 'error-output-type'] as const
const forms =
  '!{timestamp:yyyy/MM/dd}, !{firehose:random-string}, !{firehose:error-output-type}, !{partitionKeyFromQuery:KEY} and !{partitionKeyFromLambda:KEY}'

/** `what` names the prefix in messages: `the prefix`. Error: PREFIX_INVALID, with the place. */
export function parsePrefix(text: string, what: string): readonly PrefixPart[] {
  if (text.length > prefixTextMax) {
    throw new LakeError(
      'PREFIX_INVALID',
      `${what} has ${text.length} characters; it may have ${prefixTextMax}.`,
    )
  }
  const parts: PrefixPart[] = []
  let from = 0
  for (let open = text.indexOf('!{'); open >= 0; open = text.indexOf('!{', from)) {
    if (open > from) parts.push({ kind: 'text', text: text.slice(from, open) })
    const close = text.indexOf('}', open)
    if (close < 0) throw invalid(what, text, open, 'the expression that begins here has no }')
    parts.push(parseExpression(text, what, open, close))
    from = close + 1
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) })
  return parts
}

/** An error at a place of a prefix. Without advice it lists the expressions that there are. */
export function invalid(
  what: string,
  text: string,
  at: number,
  problem: string,
  next = `Expressions are ${forms}.`,
): LakeError {
  const shown = text.slice(at, at + 60)
  const message = `${what}, character ${at + 1}, at "${shown}": ${problem}. ${next}`
  return new LakeError('PREFIX_INVALID', message.trimEnd())
}

function parseExpression(text: string, what: string, open: number, close: number): PrefixPart {
  const inside = text.slice(open + 2, close)
  const colon = inside.indexOf(':')
  if (colon < 0) throw invalid(what, text, open, 'an expression is !{namespace:value}')
  const namespace = inside.slice(0, colon)
  const value = inside.slice(colon + 1)
  const valueAt = open + 2 + colon + 1
  const known = namespaces.find((name) => name === namespace)
  if (known !== undefined && value === '') throw invalid(what, text, valueAt, 'the value is missing')
  switch (known) {
    case 'timestamp': {
      const pattern = compileJavaPattern(value)
      if ('problem' in pattern) throw invalid(what, text, valueAt + pattern.at, pattern.problem, '')
      return { kind: 'timestamp', at: open, pattern }
    }
    case 'firehose': {
      const kind = firehoseValues.find((name) => name === value)
      if (kind !== undefined) return { kind, at: open }
      const near = didYouMean(value, firehoseValues)
      throw invalid(
        what,
        text,
        valueAt,
        `firehose has no "${value}"`,
        `${near}It has random-string and error-output-type.`,
      )
    }
    case 'partitionKeyFromQuery':
      return { kind: 'query-key', at: open, key: value }
    case 'partitionKeyFromLambda':
      return { kind: 'function-key', at: open, key: value }
    case undefined: {
      const near = didYouMean(namespace, namespaces)
      throw invalid(
        what,
        text,
        open + 2,
        `there is no namespace "${namespace}"`,
        near === '' ? undefined : near,
      )
    }
  }
}
