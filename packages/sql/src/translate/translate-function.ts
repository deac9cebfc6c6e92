/**
 * Calls of KDA SQL, function by function (spec 1.3, 2.12, 2.14, 4). What is not named here is computed alike by both dialects
 * and keeps its name.
 */
import type { Expression, FunctionCall } from '../syntax/tree.ts'
import { binary, call, cast, choose, not, number, text, typeName } from './build.ts'
import { simpleDatePattern } from './date-pattern.ts'
import type { KdaType } from './kda-types.ts'
import { epochMilliseconds, isPositive, orElse } from './time-expressions.ts'
import type { NoteList } from './translation-note.ts'

export interface FunctionTools {
  readonly notes: NoteList
  translate(expression: Expression): Expression
  typeOf(expression: Expression): KdaType | undefined
  needsUtc(): void
}

type Rule = (tools: FunctionTools, node: FunctionCall, args: readonly Expression[]) => Expression

export function translateCall(tools: FunctionTools, node: FunctionCall): Expression {
  const args = typeof node.args === 'string' ? [] : node.args
  const name = node.name.name.toUpperCase()
  const reason = formless.get(name)
  if (reason !== undefined) return tools.notes.fail(node.span, name, reason[0], reason[1])
  const rule = rules.get(name)
  if (rule !== undefined) return rule(tools, node, args)
  return {
    ...node,
    args: typeof node.args === 'string' ? node.args : args.map((arg) => tools.translate(arg)),
  }
}

type Reason = readonly [reason: string, advice: string]
const noLogParser: Reason = [
  'Flink has no function whose result is the row of a log line.',
  'Take the text apart with REGEXP_EXTRACT(s, regex, group) or SPLIT_INDEX, minding quoted fields.',
]
const formless: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ['REGEX_LOG_PARSE', noLogParser],
  ['FAST_REGEX_LOG_PARSE', noLogParser],
  ['FAST_REGEX_LOG_PARSER', noLogParser],
  ['W3C_LOG_PARSE', noLogParser],
  ['SYS_LOG_PARSE', noLogParser],
  ['VARIABLE_COLUMN_LOG_PARSE', noLogParser],
  ['FIXED_COLUMN_LOG_PARSE', noLogParser],
  ['EXP_AVG', ['Flink has no exponential average.', 'Register an aggregate function of your own.']],
  ['NTH_VALUE', ['Flink has no NTH_VALUE over streams.', 'Use FIRST_VALUE or LAG if one of them fits.']],
  [
    'TIME_TO_CHAR',
    ['Flink formats no TIME by a pattern.', 'Format the TIMESTAMP that the TIME was taken from.'],
  ],
])

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  [
    'TSDIFF',
    (tools, _, [from, to]) => {
      tools.needsUtc()
      return binary('-', epochMilliseconds(tools.translate(to!)), epochMilliseconds(tools.translate(from!)))
    },
  ],
  [
    'UNIX_TIMESTAMP',
    (tools, _, [time]) => {
      tools.needsUtc()
      return epochMilliseconds(tools.translate(time!))
    },
  ],
  [
    'TO_TIMESTAMP',
    (tools, _, [ms]) => {
      tools.needsUtc()
      return cast(call('TO_TIMESTAMP_LTZ', [tools.translate(ms!), number(3)]), typeName('TIMESTAMP', 3))
    },
  ],
  ['CHAR_TO_TIMESTAMP', (tools, node, args) => readText(tools, node, args)],
  ['CHAR_TO_DATE', (tools, node, args) => cast(readText(tools, node, args), typeName('DATE'))],
  ['CHAR_TO_TIME', (tools, node, args) => cast(readText(tools, node, args), typeName('TIME', 3))],
  [
    'TIMESTAMP_TO_CHAR',
    (tools, node, [pattern, time]) => {
      const made = call('DATE_FORMAT', [tools.translate(time!), writePattern(tools, node, pattern!)])
      return tools.typeOf(time!)?.nullable === false ? made : orElse(made, text('null'))
    },
  ],
  [
    'DATE_TO_CHAR',
    (tools, node, [pattern, date]) =>
      call('DATE_FORMAT', [
        cast(tools.translate(date!), typeName('TIMESTAMP', 3)),
        writePattern(tools, node, pattern!),
      ]),
  ],
  ['REGEX_REPLACE', regexReplace],
  ['SUBSTRING', commaSubstring],
  ['MONOTONIC', (tools, _, [value]) => tools.translate(value!)],
  [
    'STEP',
    (tools, _, [value, size]) => {
      const made = tools.translate(value!)
      return binary('-', made, call('MOD', [made, tools.translate(size!)]))
    },
  ],
  ...['CURRENT_TIMESTAMP', 'LOCALTIMESTAMP', 'CURRENT_ROW_TIMESTAMP'].map(
    (name) => [name, (tools, node) => clock(tools, node, name)] as [string, Rule],
  ),
  ...['CURRENT_DATE', 'CURRENT_TIME', 'LOCALTIME'].map(
    (name) =>
      [
        name,
        (tools, node) => {
          clock(tools, node, name)
          return call(name, 'none')
        },
      ] as [string, Rule],
  ),
  ['SUM', sum],
  ['LAG', lag],
  ...['FIRST_VALUE', 'LAST_VALUE'].map((name) => [name, firstOrLast] as [string, Rule]),
  ...['STDDEV_POP', 'STDDEV_SAMP', 'VAR_POP', 'VAR_SAMP'].map((name) => [name, deviation] as [string, Rule]),
  ['ANY', (tools, node, args) => truth(tools, node, args, 'MAX')],
  ['EVERY', (tools, node, args) => truth(tools, node, args, 'MIN')],
])

function readText(
  tools: FunctionTools,
  node: FunctionCall,
  [pattern, value]: readonly Expression[],
): Expression {
  tools.notes.differs(
    node.span,
    node.name.name,
    'Flink matches the whole text, reads a year of two digits as one from 2000 on, and gives NULL where a text does not fit; KDA SQL ignores what follows a match, and drops the row where nothing fits.',
    'Cut the text to what the pattern reads, and filter the NULLs.',
  )
  const { flink } = checkedPattern(tools, node, pattern!)
  return call('TO_TIMESTAMP', [tools.translate(value!), flink])
}

function writePattern(tools: FunctionTools, node: FunctionCall, pattern: Expression): Expression {
  const { flink, alike } = checkedPattern(tools, node, pattern)
  if (!alike)
    tools.notes.differs(
      node.span,
      `${node.name.name} with this pattern`,
      'Some letters mean something else in the patterns of Flink, which are those of DateTimeFormatter: S and SS are fractions of a second, D counts otherwise.',
      'Use SSS.',
    )
  return flink
}

function checkedPattern(
  tools: FunctionTools,
  node: FunctionCall,
  pattern: Expression,
): { readonly flink: Expression; readonly alike: boolean } {
  if (pattern.kind !== 'string') return { flink: tools.translate(pattern), alike: false }
  const made = simpleDatePattern(pattern.value)
  if (made === undefined)
    tools.notes.none(
      node.span,
      `${node.name.name} with '${pattern.value}'`,
      'The pattern holds letters that a time without a zone has no value for in Flink.',
      'Use the letters y M d H h m s S a E.',
    )
  return { flink: text(made?.pattern ?? pattern.value), alike: made?.alike ?? true }
}

function regexReplace(tools: FunctionTools, node: FunctionCall, args: readonly Expression[]): Expression {
  const [value, pattern, replacement, start, occurrence] = args
  const all =
    start?.kind === 'number' && start.text === '1' && occurrence?.kind === 'number' && occurrence.text === '0'
  if (!all)
    tools.notes.none(
      node.span,
      'REGEX_REPLACE from a position or of one occurrence',
      'REGEXP_REPLACE of Flink replaces all occurrences in the whole text.',
      'Write 1 as the start and 0 as the occurrence, or register a function.',
    )
  return call(
    'REGEXP_REPLACE',
    [value!, pattern!, replacement!].map((each) => tools.translate(each)),
  )
}

/** Past the end of the text this form gives NULL. */
function commaSubstring(tools: FunctionTools, node: FunctionCall, args: readonly Expression[]): Expression {
  const [value, from, ...rest] = args.map((arg) => tools.translate(arg))
  if (!isPositive(args[1]!))
    tools.notes.differs(
      node.span,
      'SUBSTRING from a position below 1',
      'Flink counts a negative position from the end of the text, KDA SQL takes what lies before the text as lost.',
      'Keep the position at 1 or above.',
    )
  const inside = binary('<=', from!, call('CHAR_LENGTH', [value!]))
  return choose(inside, call('SUBSTRING', [value!, from!, ...rest]), undefined)
}

function clock(tools: FunctionTools, node: FunctionCall, name: string): Expression {
  tools.needsUtc()
  tools.notes.differs(
    node.span,
    name,
    'Flink reads the clock of the machine, KDA SQL the row time of the row at hand, so a replay gives other values.',
    'Use ROWTIME where the time of the row is meant.',
  )
  return name === 'CURRENT_ROW_TIMESTAMP'
    ? cast(call(name, []), typeName('TIMESTAMP', 3))
    : name === 'CURRENT_TIMESTAMP'
      ? cast(call(name, 'none'), typeName('TIMESTAMP', 3))
      : call(name, 'none')
}

/** SUM of integers is BIGINT in KDA SQL, and wraps in the argument's own type in Flink. */
function sum(tools: FunctionTools, node: FunctionCall, args: readonly Expression[]): Expression {
  const made = args.map((arg) => tools.translate(arg))
  const kind = tools.typeOf(args[0]!)?.type.kind
  const narrow = kind === 'TINYINT' || kind === 'SMALLINT' || kind === 'INTEGER'
  return { ...node, args: narrow ? [cast(made[0]!, typeName('BIGINT'))] : made }
}

function lag(tools: FunctionTools, node: FunctionCall, args: readonly Expression[]): Expression {
  if (node.nulls === 'IGNORE')
    tools.notes.none(
      node.span,
      'LAG ... IGNORE NULLS',
      'LAG of Flink counts rows with NULL too.',
      'Filter the NULLs in a view below if no other column needs those rows.',
    )
  tools.notes.differs(
    node.span,
    'LAG',
    'Flink looks back over all rows of the partition, KDA SQL over those inside the window only, and gives the default outside of it.',
    'Nothing to do if the window always holds the row looked for.',
  )
  return { ...node, nulls: undefined, args: args.map((arg) => tools.translate(arg)) }
}

function firstOrLast(tools: FunctionTools, node: FunctionCall, args: readonly Expression[]): Expression {
  const name = node.name.name.toUpperCase()
  if (node.nulls === 'IGNORE' || tools.typeOf(args[0]!)?.nullable === false)
    return { ...node, nulls: undefined, args: args.map((arg) => tools.translate(arg)) }
  tools.notes.differs(
    node.span,
    name,
    `${name} of Flink skips NULLs; KDA SQL counts them unless IGNORE NULLS is written.`,
    'Nothing to do if the column has no NULLs.',
  )
  return { ...node, nulls: undefined, args: args.map((arg) => tools.translate(arg)) }
}

function deviation(tools: FunctionTools, node: FunctionCall, args: readonly Expression[]): Expression {
  const made = args.map((arg) => tools.translate(arg))
  const kind = tools.typeOf(args[0]!)?.type.kind
  return { ...node, args: kind === 'DOUBLE' ? made : [cast(made[0]!, typeName('DOUBLE'))] }
}

/** TRUE is 1 and FALSE is 0; NULLs are left out, as both functions do. */
function truth(
  tools: FunctionTools,
  node: FunctionCall,
  args: readonly Expression[],
  fn: 'MAX' | 'MIN',
): Expression {
  const value = tools.translate(args[0]!)
  const bit = choose(value, number(1), choose(not(value), number(0), undefined))
  return binary('=', { ...node, name: { ...node.name, name: fn }, args: [bit] }, number(1))
}
