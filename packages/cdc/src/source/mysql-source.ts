/** `mysql(...)`: what a MySQL or MariaDB holds, then every change of it, as records of a stream. */
import type { SourceFactory } from '@millrace/runtime'
import { parseMysqlUrl } from '../mysql/connection/mysql-address.ts'
import { openMysql } from '../mysql/database/open-mysql.ts'
import type { MysqlOptions } from '../mysql/mysql-options.ts'
import type { CdcOptions } from './cdc-options.ts'
import { integerCheck, readCdcOptions, textCheck } from './cdc-settings.ts'
import { optionsSource } from './options-source.ts'

/**
 * Follows tables of MySQL 5.7, 8 and 9 and MariaDB 10.6 and newer by their binlog. Exactly once into the stream, in the order of the
 * log per row. Options are checked at once: CDC_OPTION, CDC_URL, CDC_RULES_INVALID; everything that needs the database when it opens.
 */
export function mysql(options: CdcOptions & MysqlOptions): SourceFactory {
  const settings = readCdcOptions('mysql', options, {
    serverId: integerCheck(1, 0xffff_ffff),
    failover: (value) =>
      Array.isArray(value) && value.every((item) => textCheck(item) === undefined)
        ? undefined
        : 'a list of addresses',
    connectTimeoutMs: integerCheck(1, 3_600_000),
  })
  for (const url of [options.url, ...(options.failover ?? [])]) parseMysqlUrl(url)
  return optionsSource('mysql', options, settings, (context) => openMysql(options, context))
}
