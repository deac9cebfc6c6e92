/** The type of an attribute value, and access to members of maps whose names may be anything. */
import type { AttributeType, AttributeValue, TypedItem } from '../attribute-value.ts'

/** In the order of the service's documents. */
export const attributeTypes = ['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS'] as const

const known: ReadonlySet<string> = new Set(attributeTypes)

export function isAttributeType(name: string): name is AttributeType {
  return known.has(name)
}

/** The name of its only member. */
export function typeOf(value: AttributeValue): AttributeType {
  for (const name in value) {
    // The only member of a value is named after its type.
    return name as AttributeType
  }
  throw new Error('tables invariant: an attribute value has no type')
}

/** The attribute of this name. Items are plain objects, so `constructor` and the like must not reach their prototype. */
export function attributeOf(item: TypedItem, name: string): AttributeValue | undefined {
  const value = item[name]
  return value !== undefined && Object.hasOwn(item, name) ? value : undefined
}

/** Sets a member of an object under construction; `__proto__` is a name like any other. */
export function setMember<T>(target: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true })
  } else target[name] = value
}
