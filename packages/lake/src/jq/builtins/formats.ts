/** `@text`, `@json`, `@csv`, ...: values as text for a purpose. */
import { JqFailure, shown } from '../jq-error.ts'
import { isArray, type Json, jsonText, numberText } from '../jq-value.ts'
import type { Machine } from '../machine.ts'

type Format = (value: Json, machine: Machine) => string

const formats: Readonly<Record<string, Format>> = {
  '@text': textOf,
  '@json': (value, { spend }) => jsonText(value, spend),
  '@html': (value, machine) => replaced(textOf(value, machine), htmlEscapes, /[<>&'"]/g),
  '@uri': (value, machine) => encodeUri(textOf(value, machine)),
  '@csv': (value, machine) => line(value, 'csv', ',', machine, (text) => `"${text.replaceAll('"', '""')}"`),
  '@tsv': (value, machine) =>
    line(value, 'tsv', '\t', machine, (text) => replaced(text, tsvEscapes, /[\t\n\r\\]/g)),
  '@sh': (value, machine) =>
    (isArray(value) ? value : [value]).map((item) => shellWord(item, machine)).join(' '),
  '@base64': (value, machine) => Buffer.from(textOf(value, machine)).toString('base64'),
  '@base64d': (value, machine) => decodeBase64(textOf(value, machine), value),
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&apos;',
  '"': '&quot;',
}
const tsvEscapes: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' }

export function isFormat(name: string): boolean {
  return Object.hasOwn(formats, name)
}

/** `name` is a format. */
export function formatText(name: string, value: Json, machine: Machine): string {
  const format = formats[name]
  if (format === undefined) throw new Error(`${name} is no format`)
  return format(value, machine)
}

/** Text is itself; everything else is its JSON. */
export function textOf(value: Json, machine: Machine): string {
  return typeof value === 'string' ? value : jsonText(value, machine.spend)
}

function replaced(text: string, escapes: Readonly<Record<string, string>>, form: RegExp): string {
  return text.replace(form, (character) => escapes[character] ?? character)
}

/** The bytes of the UTF-8 but for letters, digits and `-_.~!*'()`. */
function encodeUri(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
}

function line(
  value: Json,
  name: string,
  separator: string,
  machine: Machine,
  quote: (text: string) => string,
): string {
  if (!isArray(value))
    throw new JqFailure(`${shown(value)} cannot be ${name}-formatted, only an array can be`)
  return value
    .map((item) => {
      machine.spend(1)
      if (item === null) return ''
      if (typeof item === 'string') return quote(item)
      if (typeof item === 'number') return Number.isNaN(item) ? '' : numberText(item)
      if (typeof item === 'boolean') return String(item)
      throw new JqFailure(`${shown(item)} is not valid in a ${name === 'tsv' ? 'tab-separated' : 'csv'} row`)
    })
    .join(separator)
}

function shellWord(value: Json, machine: Machine): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "'\\''")}'`
  if (typeof value === 'object' && value !== null)
    throw new JqFailure(`${shown(value)} can not be escaped for shell`)
  return textOf(value, machine)
}

/** As much as can be decoded; an error only where nothing can. */
function decodeBase64(text: string, value: Json): string {
  const data = text.replace(/=+$/, '')
  if (!/^[A-Za-z0-9+/]*$/.test(data) || data.length === 1) {
    throw new JqFailure(`${shown(value)} is not valid base64 data`)
  }
  return Buffer.from(data, 'base64').toString('utf8')
}
