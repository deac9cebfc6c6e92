/** Table mappings for tests: rules with ids and names of their own. Not part of the package's door. */
export type RuleMembers = { readonly [member: string]: unknown }

export function locator(schema: string, table: string, more: RuleMembers = {}): RuleMembers {
  return { 'schema-name': schema, 'table-name': table, ...more }
}

export function selection(schema: string, table: string, more: RuleMembers = {}): RuleMembers {
  return {
    'rule-type': 'selection',
    'rule-action': 'include',
    'object-locator': locator(schema, table),
    ...more,
  }
}

export function transformation(
  target: string,
  action: string,
  where: RuleMembers,
  more: RuleMembers = {},
): RuleMembers {
  return {
    'rule-type': 'transformation',
    'rule-target': target,
    'rule-action': action,
    'object-locator': where,
    ...more,
  }
}

/** Ids are 1, 2, ... and names `rule 1`, ... in order, where a rule has none. */
export function mappings(...rules: readonly RuleMembers[]): { readonly rules: readonly RuleMembers[] } {
  return {
    rules: rules.map((rule, i) => ({ 'rule-id': String(i + 1), 'rule-name': `rule ${i + 1}`, ...rule })),
  }
}
