/**
 * Functions and tables, measured: `npm run bench:functions`.
 *
 *   tables      PutItem, GetItem, UpdateItem, BatchWriteItem of 25 (in one partition, and spread over as many), Query of 25, items
 *               of 1 KB, over 1, 4 and 16 connections, by a raw generator in a process of its own; beside other servers of the
 *               API in the same run, each in its most durable mode. Ours acknowledges what is on disk; dynalite (LevelDB) and
 *               DynamoDB Local (SQLite) as they come.
 *   in-process  the same calls without a wire, as an app's own code makes them
 *   functions   records/s through a function, from a log of one shard, by form, batch size and parallelization
 *   hand-over   from a record's arrival (stamped inside its commit, before it is on disk) to the handler, at 1,000 records/s
 *
 * Flags: --only tables,in-process,functions,hand-over --seconds 5 --runs 3
 *        --servers millrace,dynalite,dynamodb-local --kinds put,get,update,batch,spread,query --connections 1,4,16
 *        --forms batch,lambda,each --batch-sizes 1,10,100,1000,10000 --parallelizations 1,4,10
 *        --profile DIR (a CPU profile of our server)
 */
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { Figures } from './functions/figures.ts'
import { benchHandOver, benchThroughput } from './functions/functions.ts'
import { benchInProcess } from './functions/in-process.ts'
import type { TableJob } from './functions/table-load.ts'
import type { TableServerName } from './functions/table-servers.ts'
import { benchTables } from './functions/tables.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'tables,in-process,functions,hand-over' },
    servers: { type: 'string', default: 'millrace,dynalite,dynamodb-local' },
    kinds: { type: 'string', default: 'put,get,update,batch,spread,query' },
    connections: { type: 'string', default: '1,4,16' },
    forms: { type: 'string', default: 'batch,lambda,each' },
    'batch-sizes': { type: 'string', default: '1,10,100,1000,10000' },
    parallelizations: { type: 'string', default: '1,4,10' },
    profile: { type: 'string' },
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

const numbers = (text: string): number[] => text.split(',').map(Number)
const functions = {
  forms: options.forms.split(','),
  batchSizes: numbers(options['batch-sizes']),
  parallelizations: numbers(options.parallelizations),
  runs,
}
const figures = new Figures()
if (wants('tables')) {
  await benchTables(
    {
      servers: options.servers.split(',') as TableServerName[], // Others end in a message of the server kit.
      kinds: options.kinds.split(',') as TableJob['kind'][],
      connections: numbers(options.connections),
      seconds,
      runs,
      profile: options.profile,
    },
    figures,
  )
}
if (wants('in-process')) {
  const kinds = options.kinds.split(',') as TableJob['kind'][] // As above.
  await benchInProcess({ kinds, callers: numbers(options.connections), seconds, runs }, figures)
}
if (wants('functions')) benchThroughput(functions, figures)
if (wants('hand-over')) benchHandOver(functions, { rate: 1_000, seconds })
figures.compare()
