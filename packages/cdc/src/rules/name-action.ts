/** Actions that give a schema, table or column another name. */
import type { RuleReader } from './rule-reader.ts'

export const nameActions = [
  'rename',
  'convert-lowercase',
  'convert-uppercase',
  'add-prefix',
  'remove-prefix',
  'replace-prefix',
  'add-suffix',
  'remove-suffix',
  'replace-suffix',
] as const

export type NameAction = (typeof nameActions)[number]

/** How a rule changes names; also checks that it has the members that its action needs. */
export function readNameAction(rule: RuleReader, action: NameAction): (name: string) => string {
  switch (action) {
    case 'convert-lowercase':
      return (name) => name.toLowerCase()
    case 'convert-uppercase':
      return (name) => name.toUpperCase()
    case 'replace-prefix':
    case 'replace-suffix': {
      const old = rule.text('old-value')
      const value = rule.optionalText('value') ?? ''
      if (action === 'replace-prefix') return (name) => replaceStart(name, old, value)
      return (name) => replaceEnd(name, old, value)
    }
    default: {
      const value = rule.text('value')
      if (action === 'rename') return () => value
      if (action === 'add-prefix') return (name) => value + name
      if (action === 'add-suffix') return (name) => name + value
      if (action === 'remove-prefix') return (name) => replaceStart(name, value, '')
      return (name) => replaceEnd(name, value, '')
    }
  }
}

/** A name that is nothing but the prefix keeps it: no name is empty. */
function replaceStart(name: string, old: string, value: string): string {
  const changed = name.startsWith(old) ? value + name.slice(old.length) : name
  return changed === '' ? name : changed
}

function replaceEnd(name: string, old: string, value: string): string {
  const changed = name.endsWith(old) ? name.slice(0, name.length - old.length) + value : name
  return changed === '' ? name : changed
}
