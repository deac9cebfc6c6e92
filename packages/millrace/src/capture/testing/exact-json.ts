/** JSON whose numbers stay the texts that were written: `JSON.parse` would round them. */

export type ExactJson =
  | null
  | boolean
  | string
  | readonly ExactJson[]
  | { readonly [name: string]: ExactJson }

const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Numbers become strings of their text; nothing tells them from strings, which a comparison with a database's text does not need. */
export function parseExact(json: string): ExactJson {
  return JSON.parse(json.replace(tokens, (token) => (token.startsWith('"') ? token : `"${token}"`)))
}
