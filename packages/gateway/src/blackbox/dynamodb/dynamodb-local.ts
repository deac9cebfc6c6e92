/**
 * DynamoDB Local, what AWS gives to test against. It is exact in what it does, and knows transactions and change streams; its
 * messages are often its own, shorter ones, and it looks for faults in another order, so that of errors the type is compared.
 */
import { isDeepStrictEqual } from 'node:util'
import { canonicalNumber } from '@millrace/tables'
import { mapMembers, type Oracle, withoutMembers } from './oracle.ts'
import { startDynamodbLocal } from './start-dynamodb-local.ts'
import { memberObject } from './table-peer.ts'

export const dynamodbLocal: Oracle = {
  name: 'DynamoDB Local',
  start: startDynamodbLocal,
  givesUp: undefined,
  lacks: [],
  hasChanges: true,
  unaskable: [
    {
      reason: 'it forgets older updates without an action, which is PUT',
      step: ({ input }) =>
        input.AttributeUpdates !== undefined &&
        Object.values(memberObject(input, 'AttributeUpdates')).some(
          (update) => !JSON.stringify(update).includes('"Action":'),
        ),
    },
  ],
  drifts: [
    {
      reason: 'an update that only takes away makes an item there',
      step: /"UpdateExpression":"(REMOVE|DELETE)[^"]*"|"AttributeUpdates":/i,
    },
  ],
  mends: [
    {
      reason: 'it keeps numbers inside of documents as they were written',
      theirs: (body) =>
        mapMembers(body, (name, value) =>
          name === 'N' && typeof value === 'string'
            ? canonicalNumber(value)
            : name === 'NS' && Array.isArray(value)
              ? value.map((number) => canonicalNumber(String(number)))
              : value,
        ),
    },
    {
      reason: 'empty maps are written without their type in streams',
      operations: ['GetRecords'],
      theirs: (body) =>
        mapMembers(body, (name, value) => (name !== 'M' && isDeepStrictEqual(value, {}) ? { M: {} } : value)),
    },
    {
      reason: 'it shows the capacity of every delete',
      operations: ['DeleteItem'],
      theirs: (body, { input }) =>
        input.ReturnConsumedCapacity === 'TOTAL' || input.ReturnConsumedCapacity === 'INDEXES'
          ? body
          : withoutMembers(body, ['ConsumedCapacity']),
    },
    {
      reason: 'it knows no ItemCollectionMetrics, and does not split capacity into reads and writes',
      ours: (body) =>
        withoutMembers(body, ['ItemCollectionMetrics', 'ReadCapacityUnits', 'WriteCapacityUnits']),
    },
  ],
  wanted: [
    {
      reason: 'words of its own, and another order of checks',
      ours: /^ValidationException: /,
      theirs: /^ValidationException: /,
    },
    {
      reason:
        'whether there is the table is looked at before the parameters, and the service has it the other way round',
      ours: /^ValidationException: /,
      theirs: /^ResourceNotFoundException: /,
    },
    {
      reason: 'parameters are looked at when their write has its turn',
      operations: ['TransactWriteItems'],
      ours: /^ValidationException: /,
      theirs: /^TransactionCanceledException: .*"Code":"ValidationError"/,
    },
    {
      reason: 'the whole attribute is shown where a part of it was updated, and the service shows the part',
      operations: ['UpdateItem'],
      step: /"ReturnValues":"UPDATED_(OLD|NEW)"/,
      ours: /^ok /,
      theirs: /^ok /,
    },
    {
      reason: 'the second operand of if_not_exists has to be there even where it is not needed',
      step: /if_not_exists/,
      ours: /./,
      theirs: /The provided expression refers to an attribute that does not exist in the item/,
    },
    {
      reason: 'an update may give the key of an index another type',
      operations: ['UpdateItem', 'TransactWriteItems'],
      ours: /Type mismatch for Index Key|secondary index key to unsupported type/,
      theirs: /^(ok |ConditionalCheckFailedException: |TransactionCanceledException: )/,
    },
    {
      reason: 'an empty start key is none',
      step: /"ExclusiveStartKey":\{\}/,
      ours: /^ValidationException: The provided starting key is invalid/,
      theirs: /^ok /,
    },
    {
      reason: 'size can be projected, though it is a reserved word',
      ours: /Attribute name is a reserved keyword; reserved keyword: size/,
      theirs: /^ok /,
    },
    {
      reason: 'an index costs a write too where what it projects stays as it was',
      operations: ['PutItem', 'UpdateItem'],
      step: /"ReturnConsumedCapacity":"(TOTAL|INDEXES)"/,
      ours: /^ok /,
      theirs: /^ok /,
    },
    {
      reason: 'words of its own',
      ours: /^ResourceNotFoundException: Requested resource not found/,
      theirs: /^ResourceNotFoundException: Cannot do operations on a non-existent table/,
    },
    {
      reason: 'one refused write of a transaction is the end of the list of reasons, or of the request',
      operations: ['TransactWriteItems'],
      ours: /^TransactionCanceledException: .*"Code":"(ValidationError|ConditionalCheckFailed)"/,
      theirs:
        /^(TransactionCanceledException: .*"Code":"(ValidationError|ConditionalCheckFailed)"|ValidationException: )/,
    },
    {
      reason: 'an item may be checked and written in one transaction, which the service refuses',
      operations: ['TransactWriteItems'],
      ours: /^ValidationException: Transaction request cannot include multiple operations on one item/,
      theirs: /^(ok |TransactionCanceledException: )/,
    },
    {
      reason: 'a value that is none of its list passes',
      ours: /^ValidationException: \d+ validation errors? detected: .*Member must (satisfy enum value set|have length)/,
      theirs: /./,
    },
    {
      reason: 'placeholders without an expression pass if there are none in them',
      ours: /^ValidationException: ExpressionAttribute(Names|Values) (must not be empty|can only be specified when using expressions)/,
      theirs: /./,
    },
    {
      reason:
        'the condition is looked at before what an update may do, and the service has it the other way round',
      operations: ['UpdateItem'],
      ours: /^ValidationException: One or more parameter values were invalid: (ADD action|DELETE action|Cannot update attribute)/,
      theirs: /^ConditionalCheckFailedException: /,
    },
    {
      reason: 'an update that only takes away makes an item there',
      operations: ['UpdateItem'],
      ours: /^ok \{(,?"ConsumedCapacity":.*)?\}$/,
      theirs: /^ok \{"Attributes":\{"p":\{[^{}]*\}(,"s":\{[^{}]*\})?\}/,
    },
    {
      reason: 'an item that is not there costs nothing to look for',
      operations: ['BatchGetItem'],
      step: /"ReturnConsumedCapacity":"(TOTAL|INDEXES)"/,
      ours: /^ok /,
      theirs: /^ok /,
    },
    {
      reason: 'what a local index does not project costs nothing to fetch',
      operations: ['Query', 'Scan'],
      step: /"IndexName":"local-1".*"ReturnConsumedCapacity":"(TOTAL|INDEXES)"/,
      ours: /^ok /,
      theirs: /^ok /,
    },
    {
      reason: 'tables of one batch cannot have projections of the two forms',
      operations: ['BatchGetItem'],
      ours: /^ok /,
      theirs: /^ValidationException: Can not use both expression and non-expression parameters/,
    },
    {
      reason: 'a batch costs more than its writes one by one, and a delete in a transaction less',
      operations: ['BatchWriteItem', 'TransactWriteItems'],
      step: /"ReturnConsumedCapacity":"(TOTAL|INDEXES)"/,
      ours: /^ok /,
      theirs: /^ok /,
    },
    {
      reason: 'numbers of keys are compared as they are written',
      operations: ['BatchGetItem', 'BatchWriteItem'],
      step: /"-0"/,
      ours: /^ValidationException: Provided list of item keys contains duplicates/,
      theirs: /^ok /,
    },
    {
      reason: 'the one item of a partition is the last one, also where the limit was reached with it',
      operations: ['Query'],
      step: /"Limit":1[,}]/,
      ours: /^ok .*"LastEvaluatedKey":\{"p":\{[^{}]*\}\}/,
      theirs: /^ok (?!.*LastEvaluatedKey)/,
    },
    {
      reason: 'the filter of a scan sees what the index does not have',
      operations: ['Scan'],
      step: /"IndexName":.*"(FilterExpression|ScanFilter)":/,
      ours: /^ok /,
      theirs: /^ok /,
    },
    {
      reason: 'a scan that starts at a key goes on in the order of its own hashes',
      operations: ['Scan'],
      step: /"ExclusiveStartKey":/,
      ours: /^ok /,
      theirs: /^ok /,
    },
    {
      reason: 'faults of its own',
      ours: /^(ValidationException|SerializationException): /,
      theirs: /^InternalFailure: /,
    },
  ],
}
