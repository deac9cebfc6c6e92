/** Functions of text, and between text and other values. */
import { getKey, slice } from '../access.ts'
import { splitText } from '../arithmetic.ts'
import { JqFailure, shown } from '../jq-error.ts'
import { isArray, type Json, jsonText } from '../jq-value.ts'
import type { Machine, NativeFunction } from '../machine.ts'
import { contains, indicesOf } from '../search.ts'
import { textOf } from './formats.ts'

export const textFunctions: Readonly<Record<string, NativeFunction>> = {
  'tostring/0': (input, _args, machine) => textOf(input, machine),
  'tojson/0': (input, _args, { spend }) => jsonText(input, spend),
  'fromjson/0': (input) => {
    if (typeof input !== 'string') throw new JqFailure(`${shown(input)} cannot be parsed as JSON`)
    try {
      // JSON.parse makes nothing but JSON.
      return JSON.parse(input) as Json
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      throw new JqFailure(`${error.message} (while parsing '${input}')`)
    }
  },
  'tonumber/0': (input) => {
    if (typeof input === 'number') return input
    if (typeof input !== 'string') throw new JqFailure(`${shown(input)} cannot be parsed as a number`)
    const text = input.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
    if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text)
    throw new JqFailure(`Invalid numeric literal (while parsing '${input}')`)
  },
  'ascii_downcase/0': (input) =>
    text(input, 'ascii_downcase input must be a string').replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  'ascii_upcase/0': (input) =>
    text(input, 'ascii_upcase input must be a string').replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  'startswith/1': (input, [part = null]) => {
    if (typeof input === 'string' && typeof part === 'string') return input.startsWith(part)
    throw new JqFailure('startswith() requires string inputs')
  },
  'endswith/1': (input, [part = null]) => {
    if (typeof input === 'string' && typeof part === 'string') return input.endsWith(part)
    throw new JqFailure('endswith() requires string inputs')
  },
  'ltrimstr/1': (input, [part = null]) =>
    typeof input === 'string' && typeof part === 'string' && input.startsWith(part)
      ? input.slice(part.length)
      : input,
  'rtrimstr/1': (input, [part = null]) =>
    typeof input === 'string' && typeof part === 'string' && input.endsWith(part)
      ? input.slice(0, input.length - part.length)
      : input,
  'split/1': (input, [separator = null], machine) => {
    if (typeof input === 'string' && typeof separator === 'string')
      return splitText(input, separator, machine)
    throw new JqFailure('split input and separator must be strings')
  },
  'join/1': (input, [separator = null], machine) => {
    const items = typeof input === 'object' && input !== null ? Object.values(input) : undefined
    if (items === undefined)
      throw new JqFailure(`Cannot iterate over ${input === null ? 'null' : shown(input)}`)
    let joined = ''
    items.forEach((item, i) => {
      machine.spend(1)
      if (i > 0 && separator !== null) {
        if (typeof separator !== 'string')
          throw new JqFailure(`${shown(joined)} and ${shown(separator)} cannot be added`)
        joined += separator
      }
      if (typeof item === 'object' && item !== null) {
        throw new JqFailure(`${shown(joined)} and ${shown(item)} cannot be added`)
      }
      if (item !== null) joined += textOf(item, machine)
    })
    machine.spend(joined.length >> 4)
    return joined
  },
  'explode/0': (input, _args, machine) => {
    const value = text(input, `${shown(input)} cannot be exploded`)
    machine.spend(value.length >> 2)
    return [...value].map((character) => character.codePointAt(0) ?? 0)
  },
  'implode/0': (input, _args, machine) => {
    if (!isArray(input)) throw new JqFailure('implode input must be an array')
    machine.spend(input.length)
    let value = ''
    for (const code of input) {
      if (typeof code !== 'number' || !(code >= 0 && code <= 0x10ffff)) {
        throw new JqFailure(`Unicode codepoint must be a number from 0 to 1114111, not ${shown(code)}`)
      }
      const whole = Math.floor(code)
      value += String.fromCodePoint(whole >= 0xd800 && whole < 0xe000 ? 0xfffd : whole)
    }
    return value
  },
  'utf8bytelength/0': (input) =>
    Buffer.byteLength(text(input, `${shown(input)} only strings have UTF-8 byte length`)),
  'contains/1': (input, [wanted = null], machine) => contains(input, wanted, machine),
  'indices/1': (input, [wanted = null], machine) => found(input, wanted, machine),
  'index/1': (input, [wanted = null], machine) => getKey(found(input, wanted, machine), 0, machine),
  'rindex/1': (input, [wanted = null], machine) =>
    getKey(slice(found(input, wanted, machine), -1, null, machine), 0, machine),
}

export function text(value: Json, message: string): string {
  if (typeof value === 'string') return value
  throw new JqFailure(message)
}

/** What is no text or array is indexed, as in jq 1.6. */
function found(input: Json, wanted: Json, machine: Machine): Json {
  const isSearched =
    isArray(input) || input === null || (typeof input === 'string' && typeof wanted === 'string')
  return isSearched ? indicesOf(input, wanted, machine) : getKey(input, wanted, machine)
}
