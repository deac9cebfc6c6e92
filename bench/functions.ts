/**
 * Functions and tables, measured: `npm run bench:functions`.
 *
 *   tables   PutItem, GetItem, UpdateItem, BatchWriteItem of 25, Query of 25, items of 1 KB, over 1, 4 and 16 connections, by a
 *            raw generator in a process of its own; beside other servers of the API in the same run, each in its most durable
 *            mode. Ours acknowledges what is on disk; dynalite (LevelDB) and DynamoDB Local (SQLite) as they come.
 *
 * Flags: --only tables --servers millrace,dynalite,dynamodb-local --kinds put,get,update,batch,query
 *        --connections 1,4,16 --seconds 5 --runs 3
 */
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { Figures } from './functions/figures.ts'
import type { TableJob } from './functions/table-load.ts'
import type { TableServerName } from './functions/table-servers.ts'
import { benchTables } from './functions/tables.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'tables' },
    servers: { type: 'string', default: 'millrace,dynalite,dynamodb-local' },
    kinds: { type: 'string', default: 'put,get,update,batch,query' },
    connections: { type: 'string', default: '1,4,16' },
    seconds: { type: 'string', default: '5' },
    runs: { type: 'string', default: '3' },
  },
})
const seconds = Number(options.seconds)
const runs = Number(options.runs)
const wants = (part: string): boolean => options.only.split(',').includes(part)

const cpu = cpus()
console.log(
  `machine: ${cpu.length} x ${cpu[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`,
)
console.log(`each figure: median [least..most] of ${runs} runs of ${seconds} s\n`)

const figures = new Figures()
if (wants('tables')) {
  await benchTables(
    {
      servers: options.servers.split(',') as TableServerName[], // Others end in a message of the server kit.
      kinds: options.kinds.split(',') as TableJob['kind'][],
      connections: options.connections.split(',').map(Number),
      seconds,
      runs,
    },
    figures,
  )
}
figures.compare()
