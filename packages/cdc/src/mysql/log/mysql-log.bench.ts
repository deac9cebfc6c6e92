/**
 * Rows per second from a MariaDB's log, ours and zongji's beside it: `npx tsc -b && npx jiti packages/cdc/src/mysql/log/mysql-log.bench.ts`.
 * A private server is filled with rows of eight columns (integers, decimals, texts, times), as inserts of many rows and of one row, then
 * updates. Each figure is of one reading of all of it, in one process; rows of updates count once. "CPU" is of the reading process alone, so
 * that it says something on a busy machine too.
 */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemClock } from '@millrace/values'
import ZongJi from '@vlasky/zongji'
import { privateMariaDb } from '../../servers/private-mariadb.ts'
import { parseMysqlUrl } from '../connection/mysql-address.ts'
import { LogDecoder } from './log-decoder.ts'
import { LogBench } from './testing/log-bench.ts'

const rounds = 3
const insertedRows = 200_000
const single = 5_000

const server = await privateMariaDb()
const bench = await LogBench.open(server)
await bench.run(
  'CREATE DATABASE b',
  `CREATE TABLE b.orders (id INT UNSIGNED PRIMARY KEY, customer BIGINT, status VARCHAR(20) CHARACTER SET utf8mb4, total DECIMAL(12,2),
   note VARCHAR(200) CHARACTER SET utf8mb4, created DATETIME(3), changed TIMESTAMP(6) NULL, flags TINYINT)`,
  'USE b',
  'FLUSH BINARY LOGS',
)
const start = await bench.position()
const row = (from: string) =>
  `SELECT seq, seq * 7919, ELT(1 + seq % 4, 'new', 'paid', 'shipped', 'returned'), seq / 7, CONCAT('order number ', seq, ' of somebody'),
   '2024-02-29 12:34:56.789' + INTERVAL seq SECOND, '2024-02-29 12:34:56.789012' + INTERVAL seq MINUTE, seq % 100 FROM ${from}`
await bench.run(`INSERT INTO b.orders ${row(`seq_1_to_${insertedRows}`)}`)
for (let id = insertedRows + 1; id <= insertedRows + single; id++) {
  await bench.run(`INSERT INTO b.orders ${row(`seq_${id}_to_${id}`)}`)
}
await bench.run("UPDATE b.orders SET status = 'archived', total = total + 1")
const changes = 2 * (insertedRows + single)

async function measured(name: string, read: () => Promise<number>): Promise<void> {
  const figures: string[] = []
  for (let round = 0; round < rounds; round++) {
    const cpu = process.cpuUsage()
    const began = systemClock.now()
    const count = await read()
    const ms = systemClock.now() - began
    const { user, system } = process.cpuUsage(cpu)
    if (count !== changes) throw new Error(`${name} read ${count} changes of ${changes}`)
    const perSecond = (seconds: number) => Math.round(count / seconds).toLocaleString('en')
    figures.push(`${perSecond(ms / 1000)}/s (${perSecond((user + system) / 1e6)}/s of CPU)`)
  }
  console.log(`${name.padEnd(34)} ${figures.join('   ')}`)
}

console.log(`${changes.toLocaleString('en')} changes, MariaDB ${server.version}, Node ${process.version}`)

const [base] = await bench.session.texts('SELECT @@log_bin_basename')
const file = await readFile(join(dirname(base![0]!), start.file))
await measured('decoder alone, from memory', async () => {
  const decoder = new LogDecoder({
    family: 'mariadb',
    start,
    tables: { isSelected: () => true, schemas: () => [] },
    tracker: {
      resolve: async (table) => ({ schema: await bench.schema(table), effects: [] }),
      apply: async () => [],
    },
  })
  let count = 0
  for (let at = 4; at < file.length; ) {
    const size = file.readUInt32LE(at + 9)
    await decoder.decode(file.subarray(at, at + size))
    at += size
    if (decoder.batchBytes > 1 << 20) count += decoder.takeBatch().events.length
  }
  return count + decoder.takeBatch().events.length
})

await measured('reader, over the connection', async () => {
  const log = bench.log(start)
  const never = new AbortController().signal
  let count = 0
  while (count < changes) count += (await log.read(1 << 20, never)).events.length
  await log.close()
  return count
})

await measured('zongji, over the connection', () => {
  const { host, port, user, password } = parseMysqlUrl(server.url)
  // Its types say nothing of what it takes of mysql2's options.
  const zongji = new ZongJi({ host, port, user, password, dateStrings: true } as object)
  return new Promise((resolve, reject) => {
    let count = 0
    zongji.on('error', reject)
    zongji.on('binlog', (event) => {
      count += 'rows' in event ? (event.rows as readonly unknown[]).length : 0
      if (count < changes) return
      zongji.removeAllListeners()
      zongji.on('error', () => {})
      zongji.stop()
      resolve(count)
    })
    zongji.start({
      serverId: 4242,
      filename: start.file,
      position: start.offset,
      includeEvents: ['tablemap', 'writerows', 'updaterows', 'deleterows', 'rotate'],
    })
  })
})

await bench[Symbol.asyncDispose]()
await server.stop()
