/** Five lessons at the endpoint of a running app: npx jiti walk-through.ts [URL]. See README.md. */
import { systemClock } from 'millrace'
import { walkThrough } from './lessons.ts'

const [url = 'http://127.0.0.1:4567'] = process.argv.slice(2)

try {
  await walkThrough({
    url,
    wait: (ms) => systemClock.sleep(ms),
    print: (line) => process.stdout.write(`${line}\n`),
  })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message || error.name : String(error)}\n`)
  process.exitCode = 1
}
