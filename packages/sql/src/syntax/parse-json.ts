/**
 * Functions of SQL/JSON with words between their arguments, and IS JSON:
 *
 *   JSON_EXISTS(x, path [TRUE | FALSE | UNKNOWN | ERROR ON ERROR])
 *   JSON_VALUE(x, path [RETURNING type] [NULL | ERROR | DEFAULT v ON EMPTY] [... ON ERROR])
 *   JSON_QUERY(x, path [RETURNING type] [wrapper] [NULL | ERROR | EMPTY ARRAY | EMPTY OBJECT ON EMPTY] [... ON ERROR])
 *   JSON_OBJECT([[KEY] k VALUE v | k : v], ... [NULL | ABSENT ON NULL])   JSON_ARRAY([v, ...] [NULL | ABSENT ON NULL])
 *   JSON_OBJECTAGG([KEY] k VALUE v [...]) [FILTER ...]   JSON_ARRAYAGG(v [...]) [FILTER ...]
 */
import { type CallRules, parseFilter } from './parse-call.ts'
import { parseType } from './parse-type.ts'
import type { TokenCursor } from './token-cursor.ts'
import type { Expression, IsExpression, JsonBehavior, JsonCall, TypeName } from './tree.ts'

const pathFunctions = ['JSON_EXISTS', 'JSON_VALUE', 'JSON_QUERY']
const pairFunctions = ['JSON_OBJECT', 'JSON_OBJECTAGG']
const listFunctions = ['JSON_ARRAY', 'JSON_ARRAYAGG']

export function isJsonFunction(word: string): boolean {
  return pathFunctions.includes(word) || pairFunctions.includes(word) || listFunctions.includes(word)
}

/** Behind IS [NOT]: JSON [VALUE | SCALAR | ARRAY | OBJECT]. */
export function acceptJsonTest(cursor: TokenCursor): IsExpression['test'] | undefined {
  const token = cursor.peek()
  if (!cursor.acceptWords('JSON')) return undefined
  cursor.onlyIn('flink', token, 'IS JSON', 'Map the fields of the record in the input schema.')
  const what = cursor.acceptOneOf('VALUE', 'SCALAR', 'ARRAY', 'OBJECT') ?? 'VALUE'
  return `JSON ${what}`
}

/** From the opening parenthesis on. */
export function parseJsonCall(cursor: TokenCursor, rules: CallRules, name: string, start: number): JsonCall {
  cursor.expectSign('(')
  const args: Expression[] = []
  let returning: TypeName | undefined
  let wrapper: JsonCall['wrapper']
  let onEmpty: JsonBehavior | undefined
  let onError: JsonBehavior | undefined
  let distinct = false
  if (pathFunctions.includes(name)) {
    args.push(rules.parse())
    cursor.expectSign(',')
    args.push(rules.parse())
    if (name !== 'JSON_EXISTS' && cursor.acceptWords('RETURNING')) returning = parseType(cursor)
    if (name === 'JSON_QUERY') wrapper = parseWrapper(cursor)
    while (!cursor.atSign(')')) {
      const behavior = parseBehavior(cursor, rules, behaviorsOf(name))
      cursor.expectWords('ON')
      const when = cursor.acceptOneOf('EMPTY', 'ERROR') ?? cursor.failExpected(['EMPTY', 'ERROR'])
      if (when === 'ERROR') {
        onError = behavior
        break
      }
      if (onEmpty !== undefined || name === 'JSON_EXISTS') cursor.failExpected(['ON ERROR'])
      onEmpty = behavior
    }
  } else {
    distinct = cursor.acceptWords('DISTINCT')
    while (!cursor.atSign(')') && !atNullClause(cursor)) {
      if (pairFunctions.includes(name)) args.push(...parsePair(cursor, rules))
      else args.push(rules.parse())
      if (!cursor.acceptSign(',')) break
    }
  }
  const onNull = acceptNullClause(cursor)
  cursor.expectSign(')')
  const filter = name.endsWith('AGG') ? parseFilter(cursor, rules) : undefined
  const clauses = { returning, onEmpty, onError, wrapper, onNull, distinct, filter }
  return { kind: 'json', name, args, ...clauses, span: cursor.spanFrom(start) }
}

/** [KEY] k VALUE v, or k : v. */
function parsePair(cursor: TokenCursor, rules: CallRules): [Expression, Expression] {
  // A column may be called KEY: then VALUE or the colon follows at once.
  if (cursor.atWords('KEY') && !cursor.atWordAt(1, 'VALUE') && !cursor.atSign(':', 1)) cursor.next()
  const key = rules.parse()
  if (!cursor.acceptSign(':') && !cursor.acceptWords('VALUE')) cursor.failExpected(['VALUE'])
  return [key, rules.parse()]
}

function atNullClause(cursor: TokenCursor): boolean {
  return cursor.atWords('NULL', 'ON', 'NULL') || cursor.atWords('ABSENT', 'ON', 'NULL')
}

function acceptNullClause(cursor: TokenCursor): JsonCall['onNull'] {
  if (cursor.acceptWords('NULL', 'ON', 'NULL')) return 'NULL'
  return cursor.acceptWords('ABSENT', 'ON', 'NULL') ? 'ABSENT' : undefined
}

function parseWrapper(cursor: TokenCursor): JsonCall['wrapper'] {
  let wrapper: JsonCall['wrapper']
  if (cursor.acceptWords('WITHOUT')) wrapper = 'WITHOUT'
  else if (cursor.acceptWords('WITH'))
    wrapper = cursor.acceptOneOf('CONDITIONAL', 'UNCONDITIONAL') ?? 'UNCONDITIONAL'
  else return undefined
  cursor.acceptWords('ARRAY')
  cursor.expectWords('WRAPPER')
  return wrapper
}

type PlainBehavior = Exclude<JsonBehavior['kind'], 'DEFAULT'>

function behaviorsOf(name: string): readonly (PlainBehavior | 'DEFAULT')[] {
  if (name === 'JSON_EXISTS') return ['TRUE', 'FALSE', 'UNKNOWN', 'ERROR']
  if (name === 'JSON_VALUE') return ['NULL', 'ERROR', 'DEFAULT']
  return ['NULL', 'ERROR', 'EMPTY ARRAY', 'EMPTY OBJECT']
}

function parseBehavior(
  cursor: TokenCursor,
  rules: CallRules,
  allowed: readonly (PlainBehavior | 'DEFAULT')[],
): JsonBehavior {
  for (const kind of allowed) {
    if (!cursor.acceptWords(...kind.split(' '))) continue
    return kind === 'DEFAULT' ? { kind, value: rules.parse() } : { kind }
  }
  return cursor.failExpected([...allowed, '")"'])
}
