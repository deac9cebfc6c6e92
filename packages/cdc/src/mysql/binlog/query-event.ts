/**
 * A statement of the log.
 *   thread u32 | duration u32 | schema bytes u8 | error u16 | bytes of variables u16 | variables | schema, 0 | text
 * Variables are a code u8 and a value of a form that the code has; those after an unknown code cannot be read and are left.
 * MariaDB compresses the text in a form of its own (type 165). LOAD DATA of binlog_format STATEMENT (type 18) has 13 bytes more before the
 * variables.
 */

import { textDecoder } from './charset.ts'
import { charsetOf } from './collations.ts'
import { eventType } from './event-header.ts'
import { LogBytes } from './log-bytes.ts'
import { inflateBody } from './rows-event.ts'

export interface QueryEvent {
  readonly text: string
  readonly schema: string
  readonly hasAnsiQuotes: boolean
  readonly hasNoBackslashEscapes: boolean
  readonly serverCollation: number | undefined
  readonly schemaCollation: number | undefined
  /** 0, or why the server refused the statement. */
  readonly errorCode: number
}

const ansiQuotesMode = 0x4
const noBackslashEscapesMode = 0x10_0000

/** The cursor stands behind the event's header. */
export function readQueryEvent(bytes: LogBytes, type: number): QueryEvent {
  bytes.take(8)
  const schemaBytes = bytes.u8()
  const errorCode = bytes.u16()
  const variableBytes = bytes.u16()
  // Which file, and where its name stands in the text.
  if (type === eventType.executeLoadQuery) bytes.take(13)
  const variables = bytes.view(variableBytes)
  const schema = bytes.text(schemaBytes)
  bytes.take(1)
  const said = readVariables(new LogBytes(variables))
  const text = type === eventType.queryCompressed ? inflateBody(bytes) : bytes.view(bytes.left)
  const charset = said.clientCollation === undefined ? undefined : charsetOf(said.clientCollation)
  const decode = charset === undefined || charset === 'binary' ? undefined : textDecoder(charset)
  return {
    text: decode === undefined ? text.toString('utf8') : decode(text, 0, text.length),
    schema,
    // The bits that count are among the lowest 32.
    hasAnsiQuotes: (said.sqlMode & ansiQuotesMode) !== 0,
    hasNoBackslashEscapes: (said.sqlMode & noBackslashEscapesMode) !== 0,
    serverCollation: said.serverCollation,
    schemaCollation: said.schemaCollation,
    errorCode,
  }
}

interface Variables {
  sqlMode: number
  clientCollation: number | undefined
  serverCollation: number | undefined
  schemaCollation: number | undefined
}

function readVariables(bytes: LogBytes): Variables {
  const said: Variables = {
    sqlMode: 0,
    clientCollation: undefined,
    serverCollation: undefined,
    schemaCollation: undefined,
  }
  while (bytes.left > 0) {
    switch (bytes.u8()) {
      case 0: // flags
      case 3: // auto_increment
      case 10: // bytes written
        bytes.take(4)
        break
      case 1:
        said.sqlMode = bytes.u32()
        bytes.take(4)
        break
      case 2: // catalog with a zero behind
        bytes.take(bytes.u8() + 1)
        break
      case 4:
        said.clientCollation = bytes.u16()
        bytes.take(2)
        said.serverCollation = bytes.u16()
        break
      case 5: // time zone
      case 6: // catalog
        bytes.take(bytes.u8())
        break
      case 7: // names of months
      case 18: // collation of utf8mb4
        bytes.take(2)
        break
      case 8:
        said.schemaCollation = bytes.u16()
        break
      case 9: // tables of an update
      case 17: // transaction of DDL
      case 129: // the same of MariaDB
        bytes.take(8)
        break
      case 11: // user and host that called
        bytes.take(bytes.u8())
        bytes.take(bytes.u8())
        break
      case 12: {
        // schemas that are changed; 254: too many to be named
        const count = bytes.u8()
        for (let i = 0; i < count && count !== 254; i++) while (bytes.u8() !== 0);
        break
      }
      case 13: // microseconds
      case 128: // the same of MariaDB
        bytes.take(3)
        break
      case 16: // flags of one byte
      case 19:
      case 20:
        bytes.take(1)
        break
      default:
        return said
    }
  }
  return said
}
