/** JSON text on one line: outside its strings a line break is mere space, and inside them JSON does not allow one. */
export function oneLine(json: Uint8Array): Uint8Array {
  if (!json.includes(10) && !json.includes(13)) return json
  return json.map((byte) => (byte === 10 || byte === 13 ? 32 : byte))
}
