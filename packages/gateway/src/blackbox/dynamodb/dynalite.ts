/**
 * dynalite, another server of the DynamoDB API, in memory. Its messages were compared with the service's by its author, so
 * that ours are compared with them letter by letter; it lacks what the service learned after 2015, and checks less.
 */
import { createRequire } from 'node:module'
import { type Oracle, withoutMembers } from './oracle.ts'
import { spawnPeer } from './spawn-peer.ts'

const cli = createRequire(import.meta.url).resolve('dynalite/cli.js')

const okOrFailedCondition = /^(ok |ConditionalCheckFailedException: )/

export const dynalite: Oracle = {
  name: 'dynalite',
  // A process of its own, since there are requests that end it.
  start: () =>
    spawnPeer('dynalite', (port) => [
      process.execPath,
      cli,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      ...['--createTableMs', '0', '--updateTableMs', '0', '--deleteTableMs', '0'],
    ]),
  givesUp: 'an exception in its own code ends it, or leaves a request without a reply',
  lacks: ['TransactGetItems', 'TransactWriteItems'],
  hasChanges: false,
  unaskable: [
    {
      reason: 'its process ends when the second operand is an attribute that the item does not have',
      step: /(begins_with|contains) *\([^,:]*, *[^:, ][^,]*\)/,
    },
    {
      reason: 'its process ends when an attribute that the item does not have is among the operands of IN',
      step: /IN *\((?! *:\w+( *, *:\w+)* *\))/,
    },
    {
      reason: 'it never answers when a bound is an attribute that the item does not have',
      step: /BETWEEN ([^:]|:\w+ AND [^:])/,
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
      reason:
        'it counts capacity without global indexes and without the item before; DynamoDB Local is compared',
      ours: (body) => withoutMembers(body, ['ConsumedCapacity']),
      theirs: (body) => withoutMembers(body, ['ConsumedCapacity']),
    },
    {
      reason: 'it knows neither ItemCollectionMetrics nor ReturnValuesOnConditionCheckFailure',
      operations: ['PutItem', 'UpdateItem', 'DeleteItem'],
      ours: (body) => withoutMembers(body, ['ItemCollectionMetrics', 'Item']),
    },
  ],
  wanted: [
    {
      reason: 'its message about operands of ADD and DELETE is from before types had sets',
      operations: ['UpdateItem'],
      ours: /, typeSet: ALLOWED_FOR_(ADD|DELETE)_OPERAND/,
      theirs: /operator: (ADD|DELETE), operand type: \w+ /,
    },
    {
      reason: 'syntax errors name the token and what stands near it, as the service does',
      ours: /^ValidationException: Invalid \w+: (Syntax error; token: |Attribute name is a reserved keyword)/,
      theirs: /^ValidationException: Invalid \w+: Syntax error; Expected /,
    },
    {
      reason: 'a placeholder may follow a word without a blank',
      step: /(AND|BETWEEN|IN|OR|NOT|ADD|SET|REMOVE|DELETE)[:#]/i,
      ours: /./,
      theirs: /Syntax error; Expected /,
    },
    {
      reason: 'an item may be wrong for several indexes',
      ours: /Type mismatch for Index Key/,
      theirs: /Type mismatch for Index Key/,
    },
    {
      reason: 'an empty value has the size 0',
      step: /size *\(/,
      ours: okOrFailedCondition,
      theirs: okOrFailedCondition,
    },
    {
      reason: 'a value counts also where it is said that the attribute exists',
      step: /"Exists":true/,
      ours: okOrFailedCondition,
      theirs: okOrFailedCondition,
    },
    {
      reason: 'numbers of older conditions are numbers, however they are written',
      step: /"(Expected|ScanFilter|QueryFilter)":.*"(-0|-1\.50|1e2|9\.9E125|1E-130)"/,
      ours: okOrFailedCondition,
      theirs: okOrFailedCondition,
    },
    {
      reason: 'empty values are values',
      step: /"[SB]":""|"(SS|BS)":\[("[^"]*",)*""/,
      ours: okOrFailedCondition,
      theirs: okOrFailedCondition,
    },
    {
      reason: 'it knows no NOT NOT',
      ours: /./,
      theirs: /^ValidationException: Invalid \w+: Syntax error; Expected "\(" but "N" found/,
    },
    {
      reason: 'it does not check the types of operands, nor that the others differ from the first',
      ours: /^ValidationException: Invalid \w+: (Incorrect operand type for|The first operand must be distinct)/,
      theirs: /./,
    },
    {
      reason: 'it does not check the types that an older comparison may have',
      ours: /^ValidationException: One or more parameter values were invalid: (ComparisonOperator \w+ is not valid for|AttributeValues inside)/,
      theirs: /./,
    },
    {
      reason: 'values of any type can be equal in an older condition, as in DynamoDB Local',
      ours: /./,
      theirs:
        /^ValidationException: .*ComparisonOperator \w+ is not valid for (NULL|BOOL|L|M) AttributeValue type/,
    },
    {
      reason: 'it takes ConditionalOperator with one condition or none',
      ours: /^ValidationException: ConditionalOperator can/,
      theirs: /./,
    },
    {
      reason: 'it looks whether the elements of one set are among those of the other',
      step: /"[SNB]S":/,
      ours: okOrFailedCondition,
      theirs: okOrFailedCondition,
    },
    {
      reason: 'a scan that starts at a key goes on in the order of its own hashes',
      operations: ['Scan'],
      step: /"ExclusiveStartKey":/,
      ours: /^ok /,
      theirs: /^ok /,
    },
    {
      reason: 'a start key of another partition and out of range has two faults',
      operations: ['Query'],
      ours: /The query can return at most one row and cannot be restarted/,
      theirs: /The provided starting key does not match the range key predicate/,
    },
    {
      reason: 'no part of a key is empty, not even of one to compare with',
      operations: ['Query'],
      ours: /cannot contain an empty string value/,
      theirs: /^ok /,
    },
    {
      reason: 'OR between older conditions ends at one about an attribute that is not there',
      step: /"ConditionalOperator":"OR"/,
      ours: okOrFailedCondition,
      theirs: okOrFailedCondition,
    },
    {
      reason: 'it takes Select with what does not go with it',
      ours: /^ValidationException: (Cannot specify the \w+ when choosing|Must specify the AttributesToGet|One or more parameter values were invalid: Select type)/,
      theirs: /^(ok |ValidationException: |ResourceNotFoundException: )/,
    },
    {
      reason: 'no key of an index is empty',
      ours: /A value specified for a secondary index key is not supported/,
      theirs: okOrFailedCondition,
    },
    {
      reason: 'it shows and filters what an index does not project',
      operations: ['Query', 'Scan'],
      ours: /^ValidationException: One or more parameter values were invalid: (Global s|S)econdary index \S+ does not project/,
      theirs: /^ok /,
    },
    {
      reason: 'a local index shows all that is asked for, since the table is read too',
      operations: ['Query', 'Scan'],
      step: /"IndexName":"local-1".*"(ProjectionExpression|AttributesToGet|Select)":/,
      ours: /^ok /,
      theirs: /^ok /,
    },
    {
      reason: 'a scan of a global index cannot be consistent either',
      operations: ['Scan'],
      ours: /^ValidationException: Consistent reads are not supported on global secondary indexes/,
      theirs: /^(ok |ValidationException: )/,
    },
    {
      reason: 'what ReturnValues of DeleteItem may be',
      operations: ['DeleteItem'],
      ours: /^ValidationException: ReturnValues can only be ALL_OLD or NONE/,
      theirs: /./,
    },
    {
      reason: 'no Attributes where nothing is to be shown of an item that is there, as in DynamoDB Local',
      operations: ['UpdateItem'],
      ours: /^ok \{\}$/,
      theirs: /^ok \{"Attributes":\{\}\}$/,
    },
    {
      reason: 'it adds beyond 38 digits',
      operations: ['UpdateItem'],
      ours: /^ValidationException: Number overflow/,
      theirs: /./,
    },
    {
      reason: 'an update that only takes away makes no item',
      operations: ['UpdateItem'],
      step: /"UpdateExpression":"(REMOVE|DELETE|remove|delete)|"AttributeUpdates"|^((?!Update(Expression|s)).)*$/,
      ours: /^ok \{\}$/,
      theirs: /^ok \{"Attributes":\{"p":\{[^{}]*\}(,"s":\{[^{}]*\})?\}\}$/,
    },
    {
      reason: 'what is not there equals nothing, also not what is not there either; and it contains nothing',
      step: /"(Condition|Filter)Expression":"[^"]*(=|<>|<|>) *(size\()?[#a-z]|"NOT_CONTAINS"/,
      ours: /./,
      theirs: /./,
    },
    {
      reason: 'strings are compared by their bytes in UTF-8, not by UTF-16',
      step: /\u{1f600}|\uffff/u,
      ours: /BETWEEN operator requires upper bound|^ok |^ConditionalCheckFailedException: /,
      theirs: /BETWEEN operator requires upper bound|^ok |^ConditionalCheckFailedException: /,
    },
    {
      reason: 'constants in messages: it writes maps and lists as JavaScript does',
      ours: /BETWEEN operator requires .* operand: AttributeValue: \{([ML]|[SNB]S):/,
      theirs: /BETWEEN operator requires .* operand: AttributeValue: \{([ML]|[SNB]S):/,
    },
  ],
}
