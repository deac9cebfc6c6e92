/** A race at a running endpoint: npx jiti run-race.ts [flags]. See README.md. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from 'millrace'
import { race } from './race.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:4567' },
    seconds: { type: 'string', default: '60' },
    racers: { type: 'string', default: '1000' },
    key: { type: 'string', default: 'racerId' },
    speed: { type: 'string', default: '900' },
    shards: { type: 'string', default: '2' },
  },
})

function count(name: 'seconds' | 'racers' | 'speed' | 'shards', max: number): number {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new Error(`--${name} is ${values[name]}; allowed is a whole number from 1 to ${max}.`)
  return value
}

const leasesDir = mkdtempSync(join(tmpdir(), 'millrace-race-'))
try {
  const { key } = values
  if (key !== 'racerId' && key !== 'raceId')
    throw new Error(`--key is ${key}; allowed are racerId and raceId.`)
  await race({
    url: values.url,
    clock: systemClock,
    print: (line) => process.stdout.write(`${line}\n`),
    leasesDir,
    seconds: count('seconds', 3000),
    racers: count('racers', 10_000),
    key,
    speed: count('speed', 100_000),
    shards: count('shards', 2),
  })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message || error.name : String(error)}\n`)
  process.exitCode = 1
} finally {
  rmSync(leasesDir, { recursive: true, force: true })
}
