/**
 * PARSE_URL, URL_ENCODE and URL_DECODE of the Flink dialect. A URL is taken apart as java.net.URL does, without decoding; NULL where it
 * is no URL or lacks the part.
 *
 *   url = protocol '://' [ userinfo '@' ] host [ ':' port ] [ path ] [ '?' query ] [ '#' ref ]
 */
import { textOf } from '../argument-values.ts'
import type { ScalarFunction } from '../scalar-function.ts'
import { define } from './define.ts'
import { stringType } from './types.ts'

const form =
  /^([a-zA-Z][a-zA-Z0-9+.-]*):(?:\/\/((?:([^/?#@]*)@)?(\[[^\]]*\]|[^/?#:@]*)(?::\d*)?))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s

const protocols = new Set(['http', 'https', 'ftp', 'file', 'jar'])

export const flinkUrl: readonly ScalarFunction[] = [
  define({
    name: 'PARSE_URL',
    parameters: ['text', 'text', 'text?'],
    forms: [
      "PARSE_URL(url, 'HOST' | 'PATH' | 'QUERY' | 'REF' | 'PROTOCOL' | 'FILE' | 'AUTHORITY' | 'USERINFO')",
      "PARSE_URL(url, 'QUERY', key)",
    ],
    returns: stringType,
    nullable: 'always',
    evaluate: ([url, part, key]) =>
      parseUrl(textOf(url), textOf(part), key === undefined ? undefined : textOf(key)),
  }),
  define({
    name: 'URL_ENCODE',
    parameters: ['text'],
    returns: stringType,
    // As java.net.URLEncoder: letters, digits, '.', '-', '*', '_' stay, a blank becomes '+'.
    evaluate: ([text]) =>
      encodeURIComponent(Buffer.from(textOf(text), 'utf8').toString('utf8'))
        .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
        .replaceAll('%20', '+'),
  }),
  define({
    name: 'URL_DECODE',
    parameters: ['text'],
    returns: stringType,
    nullable: 'always',
    evaluate: ([text]) => {
      try {
        return decodeURIComponent(textOf(text).replaceAll('+', '%20'))
      } catch (error) {
        if (error instanceof URIError) return null
        throw error
      }
    },
  }),
]

function parseUrl(url: string, part: string, key: string | undefined): string | null {
  const match = form.exec(url.trim())
  if (match === null || !protocols.has(match[1]!.toLowerCase())) return null
  const [, protocol, authority, userInfo, host, path = '', query, ref] = match
  if (key !== undefined) {
    if (part !== 'QUERY' || query === undefined) return null
    const pair = query.split('&').find((each) => each.startsWith(`${key}=`))
    return pair === undefined ? null : pair.slice(key.length + 1)
  }
  switch (part) {
    case 'HOST':
      return host ?? ''
    case 'PATH':
      return path
    case 'QUERY':
      return query ?? null
    case 'REF':
      return ref ?? null
    case 'PROTOCOL':
      return protocol!.toLowerCase()
    case 'FILE':
      return query === undefined ? path : `${path}?${query}`
    case 'AUTHORITY':
      return authority ?? null
    case 'USERINFO':
      return userInfo ?? null
    default:
      return null
  }
}
