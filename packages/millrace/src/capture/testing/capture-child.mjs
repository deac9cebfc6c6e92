/**
 * The process that the checks of change capture start and kill: a database source into a stream of one shard.
 * node capture-child.mjs '{"kind": "mariadb", "options": {...}, "dataDir": dir, "limits": {...}, "probe": spec}'
 * Says `following` when every table has been loaded. Ends by itself when its standard input does, or where the source fails.
 */
import { mysql, postgres } from '@millrace/cdc'
import { startApp } from '@millrace/runtime'

const { kind, options, dataDir, limits, probe } = JSON.parse(process.argv[2])
const running = await startApp({
  app: {
    name: 'capture',
    streams: [{ name: 'changes', shards: 1, retentionMs: 365 * 86_400_000 }],
    tables: [],
    stages: [
      {
        kind: 'source',
        name: 'db',
        into: 'changes',
        open: kind === 'postgres' ? postgres(options) : mysql(options),
      },
    ],
  },
  dataDir,
  // A source runs on this thread.
  loader: { module: '', spec: undefined },
  ...(limits ? { limits } : {}),
  ...(probe
    ? { probe: { module: new URL('../../kill/kill-probe.mjs', import.meta.url).href, spec: probe } }
    : {}),
  onWarning: (warning) => process.stderr.write(`${JSON.stringify(warning)}\n`),
})
const looks = setInterval(() => {
  if (running.sources()[0]?.status?.details?.phase !== 'following') return
  process.stdout.write('following\n')
  clearInterval(looks)
}, 50)
process.stdin.resume()
process.stdin.once('end', () => running.stop())
await running.finished
process.exit(0)
