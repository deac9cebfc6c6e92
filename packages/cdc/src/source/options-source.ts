/** A database source out of its options: rules and envelope are made once at once, so that what is wrong is said where the app is defined. */
import type { SourceFactory } from '@millrace/runtime'
import type { Database, DatabaseContext } from '../database/database.ts'
import { makeEnvelope } from '../envelope/make-envelope.ts'
import type { TableName } from '../model/table-schema.ts'
import { makeRules } from '../rules/make-rules.ts'
import type { CdcOptions } from './cdc-options.ts'
import type { CdcSettings } from './cdc-settings.ts'
import { cdcSource } from './cdc-source.ts'

/** Errors: CDC_OPTION, CDC_RULES_INVALID. */
export function optionsSource(
  label: 'mysql' | 'postgres',
  options: CdcOptions,
  settings: CdcSettings,
  open: (context: DatabaseContext) => Promise<Database>,
): SourceFactory {
  const { tables, mappings, envelope } = options
  const rules = () =>
    makeRules({
      ...(tables === undefined ? {} : { tables }),
      ...(mappings === undefined ? {} : { mappings }),
    })
  const pattern = (text: string) => {
    const named = makeRules({ tables: [text] })
    return (table: Parameters<typeof named.isSelected>[0]) => named.isSelected(table)
  }
  makeEnvelope(envelope, { name: 'source', kind: label, version: '', database: '' }, { rules: rules() })
  for (const { table } of settings.schemaPolicies) if (table !== undefined) pattern(table)
  return cdcSource({
    settings,
    label,
    open,
    rules,
    envelope: (source, context) => makeEnvelope(envelope, source, context),
    pattern,
    named: (tables ?? []).flatMap((text) => {
      const name = namedTable(text)
      return name === undefined ? [] : [{ name, isOf: pattern(text) }]
    }),
  })
}

/** Undefined: the text stands for any number of tables. An underscore may be a wildcard, but as a rule it is meant. */
function namedTable(text: string): TableName | undefined {
  const literal = text.replaceAll(/\[(.)\]/gu, '$1')
  const dot = literal.indexOf('.')
  return text.includes('%') || dot < 1
    ? undefined
    : { schema: literal.slice(0, dot), table: literal.slice(dot + 1) }
}
