/**
 * DMS' table mappings as they are: `{"rules": [...]}`, from an object or a file. Every rule has an id and a name of its own; ids may be
 * written as numbers.
 */
import { readFileSync } from 'node:fs'
import { CdcError } from '../errors.ts'
import { isObject, RuleReader } from './rule-reader.ts'
import { ruleError } from './rules-error.ts'

/** `table-settings` (parallel load, LOBs) is read and not used: loads go in parallel by key here, and LOBs come whole. */
export const ruleTypes = ['selection', 'transformation', 'object-mapping', 'table-settings'] as const

export interface ReadRule {
  readonly type: (typeof ruleTypes)[number]
  readonly rule: RuleReader
}

export function readRuleDocument(mappings: string | object): ReadRule[] {
  const document: unknown = typeof mappings === 'string' ? readFile(mappings) : mappings
  if (!isObject(document) || !Array.isArray(document.rules))
    throw ruleError(undefined, 'the document', document, 'an object as {"rules": [...]}')
  const ids = new Map<string, number>()
  const names = new Map<string, number>()
  return document.rules.map((value: unknown, i) => {
    const fallback = { id: `at index ${i}`, name: isObject(value) ? String(value['rule-name'] ?? '') : '' }
    const outer = new RuleReader(fallback, value)
    const id = outer.value('rule-id')
    if (!(typeof id === 'string' && id !== '') && !Number.isSafeInteger(id))
      throw outer.error('rule-id', 'a text or whole number that no other rule has')
    const name = outer.text('rule-name')
    refuseTwice(outer, 'rule-id', String(id), ids, i)
    refuseTwice(outer, 'rule-name', name, names, i)
    const rule = new RuleReader({ id: String(id), name }, value)
    return { type: rule.oneOf('rule-type', ruleTypes), rule }
  })
}

function refuseTwice(
  rule: RuleReader,
  member: string,
  value: string,
  seen: Map<string, number>,
  index: number,
): void {
  const before = seen.get(value)
  if (before !== undefined)
    throw rule.error(member, 'one that no other rule has', `The rule at index ${before} has it as well.`)
  seen.set(value, index)
}

function readFile(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CdcError(
      'CDC_RULES_INVALID',
      `the file of table mappings ${JSON.stringify(path)} cannot be read: ${String((cause as Error).message)}. ` +
        'Name a file, or give the object itself.',
      { cause },
    )
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CdcError(
      'CDC_RULES_INVALID',
      `the file of table mappings ${JSON.stringify(path)} is no JSON: ${String((cause as Error).message)}.`,
      { cause },
    )
  }
}
