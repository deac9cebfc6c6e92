/**
 * Writes of single items by people. Each can say how the item was when it was looked at (`expected`; null: that there was none), so
 * that what a stage has written since is not overwritten: the write is refused then (TABLE_CONDITION_FAILED).
 */
import { AdminProblem, type AdminRequest } from '@millrace/gateway'
import type { TableEntry } from '@millrace/store'
import {
  equalItems,
  type ItemTest,
  itemKeyFromText,
  readItem,
  type Tables,
  type TypedItem,
} from '@millrace/tables'
import type { DeleteAnswer, PutAnswer } from '../../protocol/tables.ts'

type Body = AdminRequest['body']

export function itemWrites(tables: Tables, find: (table: unknown) => TableEntry) {
  return {
    async put({ body }: AdminRequest): Promise<PutAnswer> {
      const { name } = find(body.table)
      const item = itemOf(tables, name, body)
      const when = testOf(body)
      await tables.commit((writer) => writer.put(name, item, when))
      return { item }
    },
    async remove({ body }: AdminRequest): Promise<DeleteAnswer> {
      const entry = find(body.table)
      const key = itemKeyFromText(entry, text('partition', body.partition), optionalText('sort', body.sort))
      const when = testOf(body)
      const before = await tables.commit((writer) => writer.delete(entry.name, key, when))
      return { deleted: before !== undefined }
    },
  }
}

function itemOf(tables: Tables, table: string, { item, text: json }: Body): TypedItem {
  if (item !== undefined && json === undefined) return readItem(item)
  if (typeof json === 'string' && item === undefined)
    return tables.parseJson(table, Buffer.from(json, 'utf8'))
  throw new AdminProblem(
    'VALUE_MISSING',
    'Give the item: "item" with typed values, or "text", its plain JSON; one of them.',
  )
}

function testOf({ expected }: Body): ItemTest | undefined {
  if (expected === undefined) return undefined
  if (expected === null) return (found) => found === undefined
  const seen = readItem(expected)
  return (found) => found !== undefined && equalItems(found, seen)
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw new AdminProblem('VALUE_MISSING', `"${name}" is needed, as a text.`)
}

function optionalText(name: string, value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : text(name, value)
}
