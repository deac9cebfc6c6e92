/** The databases that are followed, and the statements that write to them. */
import { type PrivateServer, privateMariaDb, privateMySql, privatePostgres } from '@millrace/cdc'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { changesOfTransaction, type Kind, nowUs } from './job.ts'

export interface Session {
  /** One or more statements in one round trip. */
  run(sql: string): Promise<void>
  close(): Promise<void>
}

// Replication may fall behind the statements here: the log is not to be recycled meanwhile.
const settings = {
  mariadb: { 'innodb-buffer-pool-size': '512M', 'innodb-log-file-size': '512M', 'max-binlog-size': '1G' },
  mysql: { 'innodb-buffer-pool-size': '512M', 'innodb-redo-log-capacity': '1G', 'max-binlog-size': '1G' },
  postgres: { shared_buffers: '512MB', max_wal_size: '8GB', wal_sender_timeout: '0' },
}

export function startDatabase(kind: Kind): Promise<PrivateServer> {
  if (kind === 'mariadb') return privateMariaDb({ settings: settings.mariadb })
  if (kind === 'mysql') return privateMySql({ settings: settings.mysql })
  return privatePostgres({ settings: settings.postgres })
}

export async function openSession(kind: Kind, url: string): Promise<Session> {
  if (kind === 'postgres') {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    return {
      run: async (sql) => {
        await client.query(sql)
      },
      close: () => client.end(),
    }
  }
  const connection = await mysql.createConnection({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    multipleStatements: true,
  })
  return {
    run: async (sql) => {
      await connection.query(sql)
    },
    close: () => connection.end(),
  }
}

export function createTable(kind: Kind): string {
  const time = kind === 'postgres' ? 'timestamp(3)' : 'datetime(3)'
  return `${kind === 'postgres' ? 'CREATE SCHEMA shop' : 'CREATE DATABASE shop'};
    CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer int NOT NULL, status varchar(20) NOT NULL, amount decimal(12,2) NOT NULL,
      note varchar(100), created ${time} NOT NULL, updated ${time} NOT NULL, sent_us bigint NOT NULL);
    ${kind === 'postgres' ? 'ALTER TABLE shop.orders REPLICA IDENTITY FULL' : 'SELECT 1'}`
}

export function insertRows(firstId: number, count: number): string {
  const at = new Date().toISOString().slice(0, 23).replace('T', ' ')
  const sent = nowUs()
  const rows = Array.from({ length: count }, (_, i) => {
    const id = firstId + i
    return `(${id},${id % 1000},'new',${id % 9999}.${10 + (id % 90)},'order number ${id} of a customer who wants it','${at}','${at}',${sent})`
  })
  return `INSERT INTO shop.orders VALUES ${rows.join(',')}`
}

/** A transaction of ten changes: five orders come, four change, one goes. Ids of one transaction belong to it alone. */
export function transaction(number: number, firstId: number): string {
  const id = firstId + number * 5
  return `BEGIN;${insertRows(id, 5)};
    UPDATE shop.orders SET status = 'paid', sent_us = ${nowUs()} WHERE id BETWEEN ${id} AND ${id + 3};
    DELETE FROM shop.orders WHERE id = ${id + 4};COMMIT`
}

/** So many rows, over two sessions. */
export async function fill(kind: Kind, url: string, rows: number): Promise<void> {
  const step = 1_000
  await inSessions(kind, url, Math.ceil(rows / step), (session, i) =>
    session.run(insertRows(i * step + 1, Math.min(step, rows - i * step))),
  )
}

/** So many changes in the log, in transactions of ten. */
export async function writeChanges(kind: Kind, url: string, changes: number, firstId: number): Promise<void> {
  await inSessions(kind, url, changes / changesOfTransaction, (session, i) =>
    session.run(transaction(i, firstId)),
  )
}

async function inSessions(
  kind: Kind,
  url: string,
  count: number,
  work: (session: Session, i: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const loop = async () => {
    const session = await openSession(kind, url)
    while (next < count) await work(session, next++)
    await session.close()
  }
  await Promise.all(Array.from({ length: 4 }, loop))
}
