/**
 * The form in which cases speak, that of the wire, and the one of libraries: there binaries are bytes and times are dates.
 * Only members named B and BS are binaries in this API, and only those whose name ends with DateTime are times.
 */
export function toLibrary(value: unknown, name = ''): unknown {
  if (name === 'B' && typeof value === 'string') return new Uint8Array(Buffer.from(value, 'base64'))
  if (name === 'BS' && Array.isArray(value)) return value.map((each) => toLibrary(each, 'B'))
  return mapped(value, toLibrary)
}

export function fromLibrary(value: unknown, name = ''): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Date) return value.getTime() / 1000
  // Printed for people.
  if (name.endsWith('DateTime') && typeof value === 'string') return Date.parse(value) / 1000
  return mapped(value, fromLibrary)
}

function mapped(value: unknown, map: (value: unknown, name: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => map(each, ''))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, map(member, name)]),
  )
}
