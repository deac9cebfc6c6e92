/** Nine days again, with one reader and with twenty: npx jiti backfill.ts [flags]. See README.md. */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { systemClock } from 'millrace'
import { compare } from './compare.ts'
import { createStream, fill } from './history.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:4567' },
    mib: { type: 'string', default: '72' },
    seconds: { type: 'string', default: '24' },
    out: { type: 'string', default: '/tmp/long-retention-results' },
  },
})

function count(name: 'mib' | 'seconds', max: number): number {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new Error(`--${name} is ${values[name]}; allowed is a whole number from 1 to ${max}.`)
  return value
}

const print = (line: string) => void process.stdout.write(`${line}\n`)
const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
const client = new KinesisClient({ endpoint: values.url, region: 'us-east-1', credentials, maxAttempts: 1 })
try {
  const { url } = values
  const [mib, seconds] = [count('mib', 10_000), count('seconds', 86_400)]
  const outDir = resolve(values.out)
  mkdirSync(outDir, { recursive: true })

  const begun = systemClock.now()
  const stream = `readings-${Math.floor(begun).toString(36)}`
  const { RetentionPeriodHours: hours } = await createStream(client, systemClock, stream)
  print(`stream ${stream} keeps ${hours} h; filling it with ${mib} MiB in ${seconds} s`)
  let filled = 0
  const pause = () => systemClock.sleep(begun + (++filled / mib) * seconds * 1000 - systemClock.now())
  await fill(client, { stream, mib, pause })

  const { backfills, sha256 } = await compare({ url, print, stream, mib, outDir, toMs: systemClock.now() })
  if (backfills.some((each) => each.sha256 !== sha256)) process.exitCode = 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message || error.name : String(error)}\n`)
  process.exitCode = 1
} finally {
  client.destroy()
}
