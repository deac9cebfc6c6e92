/**
 * ExpressionAttributeNames and ExpressionAttributeValues of one request: what #name and :value stand for in all of its
 * expressions, and which of them no expression has used, which the service refuses.
 */
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import {
  assertAttributeShape,
  assertObject,
  assertString,
  type JsonObject,
} from '../values/attribute-shape.ts'
import { attributeOf, setMember } from '../values/attribute-type.ts'
import { readAttributeValue } from '../values/read-attribute-value.ts'
import { invalidExpression, TableRequestError } from '../values/request-error.ts'

/** As in the JSON of a request, not read yet. */
export interface PlaceholderInput {
  readonly ExpressionAttributeNames?: unknown
  readonly ExpressionAttributeValues?: unknown
}

const keyBytesMax = 255

export class Placeholders {
  readonly #names: ReadonlyMap<string, string>
  readonly #values: TypedItem
  readonly #unusedNames: Set<string>
  readonly #unusedValues: Set<string>

  /** Throws TableRequestError: TABLE_EXPRESSION_INVALID, TABLE_VALUE_INVALID. */
  constructor(input: PlaceholderInput) {
    this.#names = readNames(input.ExpressionAttributeNames)
    this.#values = readValues(input.ExpressionAttributeValues)
    this.#unusedNames = new Set(this.#names.keys())
    this.#unusedValues = new Set(Object.keys(this.#values))
  }

  /** What the reference with its # stands for. */
  name(reference: string): string | undefined {
    this.#unusedNames.delete(reference)
    return this.#names.get(reference)
  }

  /** What the reference with its : stands for. */
  value(reference: string): AttributeValue | undefined {
    this.#unusedValues.delete(reference)
    return attributeOf(this.#values, reference)
  }

  /** After all expressions of the request were compiled. */
  assertAllUsed(): void {
    assertNone('ExpressionAttributeNames', this.#unusedNames)
    assertNone('ExpressionAttributeValues', this.#unusedValues)
  }
}

function assertNone(parameter: string, unused: ReadonlySet<string>): void {
  if (unused.size === 0) return
  throw invalidExpression(
    `Value provided in ${parameter} unused in expressions: keys: {${[...unused].join(', ')}}`,
  )
}

function readNames(input: unknown): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  if (input == null) return names
  assertObject(input, 'Unexpected field type', 'java.util.Map<java.lang.String, java.lang.String>')
  for (const name of Object.values(input)) if (name != null) assertString(name)
  assertKeys('ExpressionAttributeNames', input, /^#[0-9A-Za-z_]+$/)
  for (const key of Object.keys(input)) {
    const name = input[key]
    if (typeof name === 'string') names.set(key, name)
  }
  return names
}

function readValues(input: unknown): TypedItem {
  const values: Record<string, AttributeValue> = {}
  if (input == null) return values
  assertObject(
    input,
    'Unexpected field type',
    'java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>',
  )
  for (const value of Object.values(input)) if (value != null) assertAttributeShape(value)
  assertKeys('ExpressionAttributeValues', input, /^:[0-9A-Za-z_]+$/)
  for (const key of Object.keys(input)) setMember(values, key, readValue(key, input[key]))
  return values
}

function readValue(key: string, input: unknown): AttributeValue {
  try {
    return readAttributeValue(input ?? {})
  } catch (error) {
    if (!(error instanceof TableRequestError)) throw error
    throw new TableRequestError(
      error.code,
      `ExpressionAttributeValues contains invalid value: ${error.reason} for key ${key}`,
    )
  }
}

function assertKeys(parameter: string, input: JsonObject, form: RegExp): void {
  const keys = Object.keys(input)
  if (keys.length === 0) throw invalidExpression(`${parameter} must not be empty`)
  for (const key of keys) {
    if (!form.test(key)) {
      throw invalidExpression(`${parameter} contains invalid key: Syntax error; key: "${key}"`)
    }
    if (key.length > keyBytesMax) {
      throw invalidExpression(
        `${parameter} contains invalid key: The expression attribute map contains a key that is too long; ` +
          `key: "${key}", size of key: ${key.length}`,
      )
    }
  }
}
