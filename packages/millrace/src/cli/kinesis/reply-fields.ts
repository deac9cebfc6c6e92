/** Reading members of replies, which are unknown until they were looked at. */

export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** The member as text, undefined if it is none. */
export function textMember(value: unknown, name: string): string | undefined {
  const text = member(value, name)
  return typeof text === 'string' ? text : undefined
}

export function numberMember(value: unknown, name: string): number | undefined {
  const number = member(value, name)
  return typeof number === 'number' ? number : undefined
}

export function listMember(value: unknown, name: string): readonly unknown[] {
  const list = member(value, name)
  return Array.isArray(list) ? list : []
}

/** A member that every such reply has. */
export function mustText(value: unknown, name: string): string {
  const text = textMember(value, name)
  if (text === undefined) throw new Error(`the endpoint's reply has no text ${JSON.stringify(name)}`)
  return text
}
