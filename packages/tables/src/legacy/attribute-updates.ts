/**
 * AttributeUpdates, the older form of updates: PUT, ADD and DELETE on top-level attributes. ADD takes lists here, which
 * expressions do not.
 */
import type { AttributeValue } from '../attribute-value.ts'
import { Update } from '../expression/update.ts'
import type { UpdateAction } from '../expression/update-tree.ts'
import { assertObject, assertString, type JsonObject } from '../values/attribute-shape.ts'
import { typeOf } from '../values/attribute-type.ts'
import { readAttributeValue } from '../values/read-attribute-value.ts'
import { invalidParameter, invalidValue } from '../values/request-error.ts'

const typeName = 'com.amazonaws.dynamodb.v20120810.AttributeValueUpdate'
const addable: ReadonlySet<string> = new Set(['N', 'SS', 'NS', 'BS', 'L'])
const deletable: ReadonlySet<string> = new Set(['SS', 'NS', 'BS'])

/** Without updates the item comes to be as its key. Throws TableRequestError: TABLE_VALUE_INVALID. */
export function legacyUpdate(attributeUpdates: unknown): Update {
  if (attributeUpdates == null) return new Update([])
  assertObject(attributeUpdates, 'Unexpected field type', `java.util.Map<java.lang.String, ${typeName}>`)
  return new Update(
    Object.entries(attributeUpdates).map(([name, entry]) => {
      assertObject(entry, 'Unexpected value type in payload', `class ${typeName}`)
      return readAction(name, entry)
    }),
  )
}

function readAction(name: string, { Action: given, Value: input }: JsonObject): UpdateAction {
  const action = readActionName(name, given)
  const path = [name] as const
  const value = input == null ? undefined : readAttributeValue(input)
  if (value === undefined) {
    if (action === 'DELETE') return { kind: 'remove', path }
    throw invalidParameter('Only DELETE action is allowed when no attribute value is specified')
  }
  if (action === 'PUT') return { kind: 'set', path, value: { kind: 'constant', value } }
  assertOperand(action, value)
  return {
    kind: action === 'ADD' ? 'add' : 'delete',
    path,
    value,
    mismatch: 'Type mismatch for attribute to update',
  }
}

function readActionName(name: string, given: unknown): 'PUT' | 'ADD' | 'DELETE' {
  if (given == null) return 'PUT'
  assertString(given)
  if (given === 'PUT' || given === 'ADD' || given === 'DELETE') return given
  throw invalidValue(
    `1 validation error detected: Value '${given}' at 'attributeUpdates.${name}.member.action' ` +
      'failed to satisfy constraint: Member must satisfy enum value set: [ADD, PUT, DELETE]',
  )
}

function assertOperand(action: 'ADD' | 'DELETE', value: AttributeValue): void {
  const type = typeOf(value)
  if (action === 'ADD' && !addable.has(type)) {
    throw invalidParameter(`ADD action is not supported for the type ${type}`)
  }
  if (action === 'DELETE' && !deletable.has(type)) {
    throw invalidParameter(`DELETE action with value is not supported for the type ${type}`)
  }
}
