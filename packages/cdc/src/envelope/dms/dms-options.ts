/** DMS' settings with their defaults filled in. Two defaults differ from DMS', for the reasons that `DmsOptions` gives. */
import type { DmsOptions } from '../../source/cdc-options.ts'
import { checkOptions, refuse } from '../option-checks.ts'

export type DmsSettings = Required<Omit<DmsOptions, 'BeforeImageSettings'>> & {
  readonly beforeImage: BeforeImage | undefined
}

export interface BeforeImage {
  readonly fieldName: string
  readonly columns: 'pk-only' | 'non-lob' | 'all'
}

const columnFilters = ['pk-only', 'non-lob', 'all'] as const
/** Members of a record that a before image cannot be named after. */
const takenNames = ['data', 'metadata', 'control']

export function readDmsOptions(options: DmsOptions): DmsSettings {
  checkOptions('envelope', options, {
    format: ['dms'],
    MessageFormat: ['json', 'json-unformatted'],
    IncludeControlDetails: 'flag',
    IncludeNullAndEmpty: 'flag',
    IncludePartitionValue: 'flag',
    IncludeTableAlterOperations: 'flag',
    IncludeTransactionDetails: 'flag',
    NoHexPrefix: 'flag',
    PartitionIncludeSchemaTable: 'flag',
    UseLargeIntegerValue: 'flag',
    partitionKey: ['schema-table', 'primary-key', 'transaction-id'],
    BeforeImageSettings: (value, place) =>
      refuse(
        typeof value === 'object' && value !== null && !Array.isArray(value),
        place,
        value,
        "an object as { EnableBeforeImage: true, FieldName: 'before-image', ColumnFilter: 'all' }",
      ),
  })
  return {
    MessageFormat: options.MessageFormat ?? 'json-unformatted',
    IncludeControlDetails: options.IncludeControlDetails ?? false,
    IncludeNullAndEmpty: options.IncludeNullAndEmpty ?? false,
    IncludePartitionValue: options.IncludePartitionValue ?? false,
    IncludeTableAlterOperations: options.IncludeTableAlterOperations ?? false,
    IncludeTransactionDetails: options.IncludeTransactionDetails ?? false,
    NoHexPrefix: options.NoHexPrefix ?? false,
    PartitionIncludeSchemaTable: options.PartitionIncludeSchemaTable ?? false,
    UseLargeIntegerValue: options.UseLargeIntegerValue ?? true,
    partitionKey: options.partitionKey ?? 'primary-key',
    beforeImage: readBeforeImage(options.BeforeImageSettings),
  }
}

function readBeforeImage(settings: DmsOptions['BeforeImageSettings']): BeforeImage | undefined {
  if (settings === undefined) return undefined
  const place = 'envelope.BeforeImageSettings'
  checkOptions(place, settings, {
    EnableBeforeImage: 'flag',
    FieldName: 'text',
    ColumnFilter: columnFilters,
  })
  if (!settings.EnableBeforeImage) return undefined
  refuse(
    settings.FieldName !== undefined && !takenNames.includes(settings.FieldName),
    `${place}.FieldName`,
    settings.FieldName,
    `a name of its own for the member, such as 'before-image'; ${takenNames.join(', ')} are taken`,
  )
  return { fieldName: settings.FieldName, columns: settings.ColumnFilter ?? 'pk-only' }
}
