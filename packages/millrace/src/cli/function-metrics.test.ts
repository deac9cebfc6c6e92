/** What a function of a running app does can be watched at the app's endpoint. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CliProcess, temporaryFolder } from './cli-process.test-kit.ts'

const app = `import { defineApp, ordersGenerator } from 'millrace'

export default defineApp('watched', (app) => {
  const changes = app.stream('changes')
  app.source(ordersGenerator({ products: 2, seed: 1, orders: 20 }), { into: changes })
  let calls = 0
  app.function('save', { from: changes, batchSize: 1000, retries: 5 }, () => {
    if (++calls === 1) throw new Error('not yet')
  })
})
`

interface Series {
  readonly metric: string
  readonly datapoints: readonly { readonly Sum: number; readonly SampleCount: number }[]
}

test('metrics of a function, from its thread to the endpoint', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder.path, 'watched.app.ts'), app)
  const process = new CliProcess(
    ['run', 'watched.app.ts', '--port', '0', '--data-dir', join(folder.path, 'data')],
    { cwd: folder.path },
  )
  try {
    await process.until(({ stderr }) => /Kinesis at http:\S+/.test(stderr))
    const url = /Kinesis at (http:\S+)/.exec(process.stderr)![1]!
    const sums = async (): Promise<Map<string, { sum: number; count: number }>> => {
      const reply = await fetch(`${url}/metrics.json?function=save`)
      const { metrics } = (await reply.json()) as { metrics: readonly Series[] }
      return new Map(
        metrics.map(({ metric, datapoints }) => [
          metric,
          datapoints.reduce(
            ({ sum, count }, point) => ({ sum: sum + point.Sum, count: count + point.SampleCount }),
            { sum: 0, count: 0 },
          ),
        ]),
      )
    }
    // The second invocation comes after the wait before a retry, and is told within half a second.
    let found = await sums()
    while ((found.get('Invocations')?.sum ?? 0) < 2) found = await sums()
    const invocations = found.get('Invocations')!
    expect(invocations.sum).toBeGreaterThanOrEqual(2)
    expect(found.get('Errors')).toEqual({ sum: 1, count: invocations.count })
    expect(found.get('Duration')?.count).toBe(invocations.count)
    expect(found.get('IteratorAge')?.count).toBeGreaterThanOrEqual(invocations.count)
    const text = await (await fetch(`${url}/metrics`)).text()
    expect(text).toContain('aws_lambda_errors_total{function="save"} 1\n')
  } finally {
    process.child.kill('SIGINT')
    await process.ended
    folder.remove()
  }
})
