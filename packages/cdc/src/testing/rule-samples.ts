/** Table mappings for tests: rules with ids and names of their own. Not part of the package's door. */
type Members = { readonly [member: string]: unknown }

export function locator(schema: string, table: string, more: Members = {}): Members {
  return { 'schema-name': schema, 'table-name': table, ...more }
}

export function selection(schema: string, table: string, more: Members = {}): Members {
  return {
    'rule-type': 'selection',
    'rule-action': 'include',
    'object-locator': locator(schema, table),
    ...more,
  }
}

export function transformation(target: string, action: string, where: Members, more: Members = {}): Members {
  return {
    'rule-type': 'transformation',
    'rule-target': target,
    'rule-action': action,
    'object-locator': where,
    ...more,
  }
}

/** Ids are 1, 2, ... and names `rule 1`, ... in order, where a rule has none. */
export function mappings(...rules: readonly Members[]): { readonly rules: readonly Members[] } {
  return {
    rules: rules.map((rule, i) => ({ 'rule-id': String(i + 1), 'rule-name': `rule ${i + 1}`, ...rule })),
  }
}
