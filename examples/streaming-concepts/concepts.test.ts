/** The lessons, at the app's own endpoint under virtual time, and by the commands of the README. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testApp } from 'millrace/testing'
import { describe, expect, test } from 'vitest'
import concepts from './concepts.app.ts'
import { walkThrough } from './lessons.ts'

const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')

describe('the lessons', () => {
  test('say what is so, and what the README shows', async () => {
    await using app = await testApp(concepts)
    const { url } = await app.gateway({ limits: 'aws' })
    const lines: string[] = []
    const learned = await walkThrough({
      url,
      wait: (ms) => app.advance(ms),
      print: (line) => lines.push(line),
    })

    // Four shards of equal size: the first two bits of the hash are the shard.
    for (const [key, shardId] of learned.shardOf) {
      const firstByte = createHash('md5').update(key).digest()[0] ?? 0
      expect(shardId).toBe(`shardId-00000000000${firstByte >> 6}`)
    }
    const hottest = Math.max(...learned.hot.values())
    expect(learned.hot.get(learned.shardOf.get('alice') ?? '')).toBe(hottest)
    expect(hottest).toBeGreaterThanOrEqual(300)
    expect(learned.batched).toEqual([1, 2, 3, 5, 6, 4].map((n) => `batch-${n}`))
    expect(learned.oneByOne).toEqual([1, 2, 3, 4, 5, 6].map((n) => `single-${n}`))

    // Every event once in the one table, every record in the other.
    const counted = new Set(app.items<{ eventId: string }>('CountedEvents').map(({ eventId }) => eventId))
    const records = app.records('payments')
    expect(learned.stored).toBe(records.length)
    expect(counted.size).toBeLessThan(records.length)
    expect(learned.once).toBe(learned.paid)
    expect(learned.careless).toBe(learned.paid + 10 * (records.length - counted.size))
    expect(app.report().ledgerBalanced).toBe(true)

    expect(readme).toContain(`\`\`\`text\n${lines.join('\n')}\n\`\`\``)
  })

  test('want a fresh data directory, and say so', async () => {
    await using app = await testApp(concepts)
    const { url } = await app.gateway()
    app.put('balances', 'alice', { by: 'once', account: 'alice', balance: 1 })
    const again = walkThrough({ url, wait: (ms) => app.advance(ms), print: () => {} })
    await expect(again).rejects.toThrow('fresh --data-dir')
  })
})

test('the commands of the README print the same', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-concepts-'))
  const root = join(import.meta.dirname, '../..')
  const bin = (name: string) => join(root, 'node_modules/.bin', name)
  const app = spawn(
    bin('millrace'),
    [
      'run',
      'examples/streaming-concepts/concepts.app.ts',
      ...['--limits', 'aws', '--port', '0', '--data-dir', join(dir, 'data')],
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const ended = new Promise<number | null>((resolve) => app.on('close', resolve))
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let text = ''
      app.stderr.setEncoding('utf8').on('data', (more: string) => {
        text += more
        const found = /Kinesis at (http:\S+)/.exec(text)?.[1]
        if (found !== undefined) resolve(found)
      })
      void ended.then(() => reject(new Error(text)))
    })
    const lesson = spawn(bin('jiti'), ['examples/streaming-concepts/walk-through.ts', url], { cwd: root })
    let output = ''
    lesson.stdout.setEncoding('utf8').on('data', (more: string) => {
      output += more
    })
    expect(await new Promise((resolve) => lesson.on('close', resolve))).toBe(0)
    expect(readme).toContain(`\`\`\`text\n${output}\`\`\``)
  } finally {
    app.kill('SIGINT')
    await ended
    rmSync(dir, { recursive: true, force: true })
  }
})
