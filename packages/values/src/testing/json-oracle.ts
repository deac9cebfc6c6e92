/** Oracles and samples of the JSON tests: what the platform's own decoder and parser say. Not part of the package's door. */

/** What RFC 8259 with our limits says, by the platform: valid UTF-8, JSON.parse, no lone surrogate. */
export function platformAccepts(bytes: Uint8Array): boolean {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    JSON.parse(text)
  } catch {
    return false
  }
  const lone = (value: unknown): boolean => {
    if (typeof value === 'string') return /\p{Surrogate}/u.test(value)
    if (typeof value !== 'object' || value === null) return false
    return Object.entries(value).some(([key, member]) => lone(key) || lone(member))
  }
  // A member that is overwritten by a later one is not seen in the parsed value, so escapes are looked at in the text.
  return !lone(JSON.parse(text)) && !loneEscape(text)
}

function loneEscape(text: string): boolean {
  const plain = text
    .replace(/\\[^u]/g, '')
    .replace(/\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}/g, '')
  return /\\u[dD][89a-fA-F]/.test(plain)
}

export const sampleRecords = [
  '{"data":{"orderId":1001,"amount":-12.50,"ok":true,"none":null},"metadata":{"table-name":"order"}}',
  '{ "a" : [ 1 , 2.5e-3 , "x\\u00e9\\ud83d\\ude00\\n" , { } , [ ] ] ,\n\t"é😀": "\\"\\\\/\\b\\f\\r\\t" }',
  '[true,false,null,0,-0,1E+9,"",[[[]]]]',
  '"plain"',
  '-0.0e0',
]
