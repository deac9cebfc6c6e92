/** Writes and reads of tables through the API, beside other servers of it in the same run. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Figures } from './figures.ts'
import type { TableJob, TableLoad } from './table-load.ts'
import { makeTable, startTableServer, type TableServerName } from './table-servers.ts'

export interface TableBench {
  readonly servers: readonly TableServerName[]
  readonly kinds: readonly TableJob['kind'][]
  readonly connections: readonly number[]
  readonly seconds: number
  readonly runs: number
  /** Folder for a CPU profile of our server. */
  readonly profile: string | undefined
}

const jiti = join(import.meta.dirname, '../../node_modules/.bin/jiti')
const loader = join(import.meta.dirname, 'table-load.ts')

export async function benchTables(bench: TableBench, figures: Figures): Promise<void> {
  for (const name of bench.servers) {
    const nodeOptions = bench.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${bench.profile}`]
    const server = await startTableServer(name, nodeOptions)
    try {
      for (const kind of bench.kinds) {
        for (const connections of bench.connections) {
          const rates: number[] = []
          const [p50, p99, cores]: number[][] = [[], [], []]
          for (let run = 0; run < bench.runs; run++) {
            const table = `bench-${kind}-${connections}-${run}`
            await makeTable(server.target, table)
            const before = server.cpuSeconds()
            const result = await load({
              kind,
              target: server.target,
              table,
              connections,
              seconds: bench.seconds,
            })
            if (result.failed > 0) throw new Error(`${name}: ${result.failed} calls of ${kind} failed`)
            rates.push(result.items / result.seconds)
            cores!.push((server.cpuSeconds() - before) / result.seconds)
            p50!.push(result.p50)
            p99!.push(result.p99)
          }
          const label = `${kind}, ${connections} connection${connections === 1 ? '' : 's'}`
          figures.rate({ name, label, rates, unit: 'items/s', p50: p50!, p99: p99!, cores: cores! })
        }
      }
    } finally {
      await server.stop()
    }
  }
}

function load(job: TableJob): Promise<TableLoad> {
  return new Promise((resolve, reject) => {
    const child = spawn(jiti, [loader, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.on('exit', (code) => {
      if (code === 0) resolve(JSON.parse(text) as TableLoad)
      else reject(new Error(`the load generator ended with ${code}`))
    })
  })
}
