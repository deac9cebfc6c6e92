/** The actions of ALTER TABLE, in their order. Those that columns, keys and rows do not depend on are passed over. */
import type { AlterAction, ColumnPlace, WrittenName } from './ddl-statement.ts'
import { isKeyStart, parseColumn, parseKey } from './parse-column.ts'
import { parseName } from './parse-name.ts'
import type { TokenReader } from './token-reader.ts'

export function parseAlterActions(reader: TokenReader): readonly AlterAction[] {
  const actions: AlterAction[] = []
  while (!reader.isAtEnd) {
    parseAction(reader, actions)
    // Options of a table may stand side by side without commas, so that what follows is looked at again.
    if (!reader.takesMark(',') && reader.seesMark(')')) reader.next()
  }
  return actions
}

function parseAction(reader: TokenReader, actions: AlterAction[]): void {
  if (reader.takes('ADD')) parseAdd(reader, actions)
  else if (reader.takes('MODIFY')) parseModify(reader, actions)
  else if (reader.takes('CHANGE')) parseChange(reader, actions)
  else if (reader.takes('DROP')) parseDropAction(reader, actions)
  else if (reader.takes('RENAME')) parseRenameAction(reader, actions)
  else if (reader.takes('ALTER')) parseAlterColumn(reader, actions)
  else if (reader.takes('CONVERT', 'TO')) {
    if (!reader.takes('CHARACTER', 'SET')) reader.takes('CHARSET')
    const charset = reader.setting()
    actions.push({
      kind: 'convert',
      charset,
      collation: reader.takes('COLLATE') ? reader.setting() : undefined,
    })
  } else if (
    reader.sees('DEFAULT') ||
    reader.sees('CHARACTER') ||
    reader.sees('CHARSET') ||
    reader.sees('COLLATE')
  ) {
    parseDefaultCharset(reader, actions)
  } else if (reader.takes('EXCHANGE', 'PARTITION')) {
    reader.next()
    const other: WrittenName | undefined = reader.takes('WITH', 'TABLE') ? parseName(reader) : undefined
    actions.push({ kind: 'unlogged-rows', what: 'EXCHANGE PARTITION', with: other })
    reader.skipItem()
  } else if (reader.takes('TRUNCATE', 'PARTITION')) lose(reader, actions, 'TRUNCATE PARTITION')
  else if (reader.takes('DISCARD')) lose(reader, actions, 'DISCARD TABLESPACE')
  else if (reader.takes('IMPORT')) lose(reader, actions, 'IMPORT TABLESPACE')
  else if (reader.sees('CONVERT')) lose(reader, actions, 'CONVERT PARTITION')
  else if (reader.takes('PARTITION', 'BY') || reader.takes('ORDER', 'BY')) {
    // Commas belong to them, and nothing follows them.
    while (!reader.isAtEnd) reader.skipOne()
  } else if (reader.takes('COMMENT') || reader.takes('CONNECTION')) reader.setting()
  else skipOption(reader)
}

function parseAdd(reader: TokenReader, actions: AlterAction[]): void {
  const isColumn = reader.takes('COLUMN')
  if (!isColumn && (reader.sees('PARTITION') || reader.sees('SYSTEM', 'VERSIONING'))) {
    reader.skipItem()
    return
  }
  if (!isColumn && isKeyStart(reader)) {
    const parsed = parseKey(reader)
    if (parsed !== undefined) actions.push({ kind: 'add-key', ...parsed })
    return
  }
  const ifNotExists = reader.takes('IF', 'NOT', 'EXISTS')
  if (!reader.takesMark('(')) {
    const column = parseColumn(reader)
    actions.push({ kind: 'add-column', column, place: parsePlace(reader), ifNotExists })
    reader.skipItem()
    return
  }
  do {
    if (isKeyStart(reader)) {
      const parsed = parseKey(reader)
      if (parsed !== undefined) actions.push({ kind: 'add-key', ...parsed })
    } else actions.push({ kind: 'add-column', column: parseColumn(reader), place: undefined, ifNotExists })
    reader.skipItem()
  } while (reader.takesMark(','))
  reader.takesMark(')')
}

function parseModify(reader: TokenReader, actions: AlterAction[]): void {
  reader.takes('COLUMN')
  reader.takes('IF', 'EXISTS')
  const column = parseColumn(reader)
  actions.push({ kind: 'change-column', name: column.name, column, place: parsePlace(reader) })
  reader.skipItem()
}

function parseChange(reader: TokenReader, actions: AlterAction[]): void {
  reader.takes('COLUMN')
  reader.takes('IF', 'EXISTS')
  const name = reader.name()
  const column = parseColumn(reader)
  actions.push({ kind: 'change-column', name, column, place: parsePlace(reader) })
  reader.skipItem()
}

function parseDropAction(reader: TokenReader, actions: AlterAction[]): void {
  if (reader.takes('PRIMARY', 'KEY')) actions.push({ kind: 'drop-key', name: 'PRIMARY' })
  else if (reader.takes('INDEX') || reader.takes('KEY') || reader.takes('CONSTRAINT')) {
    reader.takes('IF', 'EXISTS')
    actions.push({ kind: 'drop-key', name: reader.name() })
  } else if (reader.takes('PARTITION')) {
    lose(reader, actions, 'DROP PARTITION')
    return
  } else if (!isNoColumn(reader)) {
    reader.takes('COLUMN')
    reader.takes('IF', 'EXISTS')
    actions.push({ kind: 'drop-column', name: reader.name() })
  }
  reader.skipItem()
}

function parseRenameAction(reader: TokenReader, actions: AlterAction[]): void {
  if (reader.takes('COLUMN') || reader.sees('INDEX') || reader.sees('KEY')) {
    const isKey = reader.takes('INDEX') || reader.takes('KEY')
    reader.takes('IF', 'EXISTS')
    const name = reader.name()
    reader.takes('TO')
    actions.push({ kind: isKey ? 'rename-key' : 'rename-column', name, to: reader.name() })
    return
  }
  if (!reader.takes('TO') && !reader.takes('AS')) reader.takesMark('=')
  actions.push({ kind: 'rename-table', to: parseName(reader) })
}

function parseAlterColumn(reader: TokenReader, actions: AlterAction[]): void {
  if (reader.sees('INDEX') || reader.sees('KEY') || reader.sees('CHECK') || reader.sees('CONSTRAINT')) {
    reader.skipItem()
    return
  }
  reader.takes('COLUMN')
  reader.takes('IF', 'EXISTS')
  const name = reader.name()
  const isInvisible = reader.takes('SET', 'INVISIBLE')
  if (isInvisible || reader.takes('SET', 'VISIBLE')) actions.push({ kind: 'set-visible', name, isInvisible })
  reader.skipItem()
}

function parseDefaultCharset(reader: TokenReader, actions: AlterAction[]): void {
  let [charset, collation]: (string | undefined)[] = []
  // Without a character set it is the value of some option, which is passed over.
  if (reader.sees('DEFAULT') && !['CHARACTER', 'CHARSET', 'COLLATE'].includes(reader.peek(1).text))
    reader.next()
  for (;;) {
    reader.takes('DEFAULT')
    if (reader.takes('CHARACTER', 'SET') || reader.takes('CHARSET')) charset = reader.setting()
    else if (reader.takes('COLLATE')) collation = reader.setting()
    else break
  }
  if (charset === undefined && collation === undefined) reader.next()
  else actions.push({ kind: 'default-charset', charset, collation })
}

function parsePlace(reader: TokenReader): ColumnPlace {
  if (reader.takes('FIRST')) return 'first'
  return reader.takes('AFTER') ? { after: reader.name() } : undefined
}

/** An option such as ENGINE = InnoDB, of which another may follow without a comma. */
function skipOption(reader: TokenReader): void {
  reader.skipOne()
  if (reader.takesMark('=')) reader.skipOne()
}

function lose(reader: TokenReader, actions: AlterAction[], what: string): void {
  actions.push({ kind: 'unlogged-rows', what, with: undefined })
  reader.skipItem()
}

function isNoColumn(reader: TokenReader): boolean {
  return (
    reader.sees('FOREIGN', 'KEY') ||
    reader.sees('CHECK') ||
    reader.sees('PERIOD', 'FOR') ||
    reader.sees('SYSTEM', 'VERSIONING')
  )
}
