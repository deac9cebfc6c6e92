/**
 * The columns of a grid of items: keys of the table, those of the index, then the attributes that most items have. Widths follow from
 * the values, so that short ones leave room for long ones.
 */
import {
  type AttributeShape,
  attributeIn,
  type ItemShape,
  type KeysShape,
  keyText,
  plainText,
} from '../../../../src/protocol/tables.ts'

export interface ItemColumn {
  readonly name: string
  readonly title: string
  readonly align: 'left' | 'right'
  readonly width: number
}

const columnsMax = 24
const letterWidth = 8
const [widthMin, widthMax] = [84, 280]

export function itemColumns(
  items: readonly ItemShape[],
  table: KeysShape,
  index: KeysShape,
): readonly ItemColumn[] {
  const keys = [table.partitionKey, table.sortKey, index.partitionKey, index.sortKey].flatMap(
    (key) => key?.name ?? [],
  )
  const counts = new Map<string, number>()
  for (const item of items)
    for (const name of Object.keys(item)) counts.set(name, (counts.get(name) ?? 0) + 1)
  // Sorting keeps the order of the first item among attributes that are equally frequent.
  const others = [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name)
  const names = [...new Set([...keys, ...others])].slice(0, columnsMax)
  return names.map((name) => columnOf(name, items))
}

function columnOf(name: string, items: readonly ItemShape[]): ItemColumn {
  let letters = name.length
  let isNumber = true
  for (const item of items) {
    const value = attributeIn(item, name)
    if (value === undefined) continue
    letters = Math.max(letters, cellText(value).length)
    if (!('N' in value)) isNumber = false
  }
  const width = Math.round(Math.min(widthMax, Math.max(widthMin, letters * letterWidth + 28)))
  return { name, title: name, align: isNumber ? 'right' : 'left', width }
}

/** Of a value in a grid: texts as they are, the rest as JSON on one line. */
export function cellText(value: AttributeShape | undefined): string {
  if (value === undefined) return ''
  return 'S' in value ? value.S : plainText(value)
}

/** The key of an item as one text, and as people type it. */
export function itemKey(item: ItemShape, { partitionKey, sortKey }: KeysShape) {
  const partition = keyText(attributeIn(item, partitionKey.name)) ?? ''
  const sort = sortKey === undefined ? undefined : (keyText(attributeIn(item, sortKey.name)) ?? '')
  return { partition, sort, text: JSON.stringify([partition, sort]) }
}
