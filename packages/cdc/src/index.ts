export type {
  Database,
  DatabaseContext,
  DatabaseKind,
  Finding,
  LogHealth,
  TableListing,
} from './database/database.ts'
export type { EmitRecord, Envelope, EnvelopeContext, EnvelopeSource } from './envelope/envelope.ts'
export { makeEnvelope } from './envelope/make-envelope.ts'
export { CdcError, type CdcErrorCode, cdcErrorCodes } from './errors.ts'
export type { LogBatch, LogPosition, LogReader, LogTables } from './log/log-reader.ts'
export type { ColumnValue, Row } from './model/column-value.ts'
export type * from './model/log-event.ts'
export {
  type Column,
  type ColumnKind,
  type ColumnType,
  type TableName,
  type TableSchema,
  tableText,
} from './model/table-schema.ts'
export { MysqlConnectError } from './mysql/connection/connect-error.ts'
export {
  addressName,
  type MysqlAddress,
  parseMysqlUrl,
  type TlsMode,
} from './mysql/connection/mysql-address.ts'
export {
  isConnectionLost,
  type MysqlSession,
  openMysqlSession,
  type RawRow,
  type SessionOptions,
  type SqlValue,
} from './mysql/connection/mysql-session.ts'
export { openMysql } from './mysql/database/open-mysql.ts'
export type { MysqlOptions, OpenMysql } from './mysql/mysql-options.ts'
export { type PostgresAddress, parsePostgresAddress } from './postgres/connection/postgres-address.ts'
export { connectPostgres } from './postgres/connection/postgres-driver.ts'
export { openPostgres } from './postgres/open-postgres.ts'
export type { PostgresOptions } from './postgres/postgres-options.ts'
export { makeRules } from './rules/make-rules.ts'
export type { AttributeMapping, ObjectMapping, TableRules, TableTransform } from './rules/table-rules.ts'
export { embeddedPostgres } from './servers/embedded-postgres.ts'
export { findEmbeddedPostgres } from './servers/embedded-programs.ts'
export type { PostgresPrograms } from './servers/postgres-server.ts'
export { findMariaDb, type MariaDbPrograms, privateMariaDb } from './servers/private-mariadb.ts'
export { findMySql, type MySqlPrograms, privateMySql } from './servers/private-mysql.ts'
export { findPostgresServer, privatePostgres } from './servers/private-postgres.ts'
export type { PrivateServer, PrivateServerOptions } from './servers/private-server.ts'
export type { Chunk, ChunkView, KeyValues, TableReader } from './snapshot/table-reader.ts'
export type * from './source/cdc-options.ts'
export { cdcGauges, sourceStatusOf } from './source/cdc-report.ts'
export type * from './source/cdc-status.ts'
export { isCdcStatus } from './source/is-cdc-status.ts'
export { mysql } from './source/mysql-source.ts'
export { postgres } from './source/postgres-source.ts'
