/** Follows the table into a stream: `follow-child.ts JOB`. Ends when its input does; says what CPU it took and how much memory. */
import { mysql, postgres } from '@millrace/cdc'
import { startApp } from '@millrace/runtime'
import { type FollowJob, stream } from './job.ts'

const job = JSON.parse(process.argv[2] ?? '') as FollowJob // From the bench beside.
const options = { url: job.url, tables: ['shop.orders'], envelope: job.envelope, start: job.start }
const open = job.kind === 'postgres' ? postgres(options) : mysql(options)
const cpu = process.cpuUsage()
const running = await startApp({
  app: {
    name: 'bench',
    streams: [{ name: stream, shards: 1, retentionMs: 365 * 86_400_000 }],
    tables: [],
    stages: [{ kind: 'source', name: 'shop', into: stream, open }],
  },
  dataDir: job.dir,
  // A source runs on this thread.
  loader: { module: '', spec: undefined },
})
process.stdin.resume()
process.stdin.once('end', async () => {
  const { user, system } = process.cpuUsage(cpu)
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1024)
  await running.stop()
  console.log(JSON.stringify({ cpuMs: Math.round((user + system) / 1000), peakMb }))
  process.exit(0)
})
