/**
 * JSON text spread over lines, or on one, without reading its values: strings and numbers stay letter by letter as they are, so no
 * digit is lost. For text that JSON.parse accepts.
 */

const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

export function prettyJson(text: string): string {
  let out = ''
  let level = 0
  let previous = ''
  const line = () => `\n${'  '.repeat(level)}`
  for (const [token] of text.matchAll(tokens)) {
    const closes = token === '}' || token === ']'
    if (closes) level--
    if (closes ? previous !== '{' && previous !== '[' : opens(previous) || previous === ',') out += line()
    out += token === ':' ? ': ' : token
    if (opens(token)) level++
    previous = token
  }
  return out
}

export function compactJson(text: string): string {
  return [...text.matchAll(tokens)].map(([token]) => token).join('')
}

/** Undefined: the text is JSON. */
export function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function opens(token: string): boolean {
  return token === '{' || token === '['
}
