/** One item as calls to copy: of the command line, the AWS CLI, the SDK; and the item itself. */

import {
  type CallPlace,
  type CopyText,
  millraceText,
  quoted,
  sdkText,
  typed,
} from '../../../../src/protocol/table-query.ts'
import {
  type ItemShape,
  type KeysShape,
  plainItemText,
  type TableShape,
} from '../../../../src/protocol/tables.ts'

export interface ItemAddress {
  readonly partition: string
  readonly sort: string | undefined
}

export function itemCalls(
  table: TableShape,
  { partition, sort }: ItemAddress,
  item: ItemShape | null | undefined,
  place: CallPlace,
): readonly CopyText[] {
  const key = keyItem(table, { partition, sort })
  const { endpoint } = place
  const range = sort === undefined ? [] : ['--sort', sort]
  const dash = partition.startsWith('-') ? ['--'] : []
  const aws = ['aws', 'dynamodb', 'get-item', '--table-name', table.name, '--key', JSON.stringify(key)]
  return [
    {
      label: 'millrace',
      text: millraceText(['query', table.name, ...range, ...dash, partition], place),
    },
    {
      label: 'AWS CLI',
      text: [...aws, '--endpoint-url', endpoint, '--region', 'us-east-1'].map(quoted).join(' '),
    },
    {
      label: 'SDK v3 (TypeScript)',
      text: sdkText('GetItemCommand', { TableName: table.name, Key: key }, endpoint),
    },
    ...(item == null
      ? []
      : [
          { label: 'JSON', text: plainItemText(item, 2) },
          { label: 'Typed JSON', text: JSON.stringify(item, undefined, 2) },
        ]),
  ]
}

/** The key attributes of an item. */
export function keyItem({ partitionKey, sortKey }: KeysShape, { partition, sort }: ItemAddress): ItemShape {
  return {
    [partitionKey.name]: typed(partitionKey, partition),
    ...(sortKey === undefined || sort === undefined ? {} : { [sortKey.name]: typed(sortKey, sort) }),
  }
}
