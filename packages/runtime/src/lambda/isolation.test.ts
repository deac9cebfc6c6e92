import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ProcessLambdaRunner } from './process-lambda-runner.ts'
import { failed, lambdaCode, makeRunner, returned, writeCode } from './testing/lambda-kit.ts'

/** Each breaks its process in its own way; with `fine` in the event the handler answers. */
const breaks: readonly (readonly [name: string, body: string, errorType: string, message: RegExp])[] = [
  ['an endless loop', 'for (;;) {}', 'Sandbox.Timedout', /Error: Task timed out after 1\.00 seconds$/],
  [
    'a wait without end',
    'await new Promise((r) => setTimeout(r, 60_000))',
    'Sandbox.Timedout',
    /1\.00 seconds/,
  ],
  ['a loop of promises', 'for (;;) await null', 'Sandbox.Timedout', /1\.00 seconds/],
  ['a loop that prints', 'for (;;) console.log("again")', 'Sandbox.Timedout', /1\.00 seconds/],
  [
    'a loop that prints past the console',
    'const fs = require("fs"); for (;;) try { fs.writeSync(1, "again\\n") } catch {}',
    'Sandbox.Timedout',
    /1\.00/,
  ],
  [
    'a leak on the heap',
    'const all = []; for (;;) all.push(new Array(1000).fill(1.5))',
    'Runtime.ExitError',
    /signal: aborted|signal: killed/,
  ],
  [
    'a leak beside the heap',
    'const all = []; for (;;) { all.push(Buffer.alloc(1e6, 1)); await new Promise(setImmediate) }',
    'Runtime.ExitError',
    /signal: killed/,
  ],
  ['process.exit(1)', 'process.exit(1)', 'Runtime.ExitError', /exit status 1$/],
  ['process.exit(0)', 'process.exit(0)', 'Runtime.ExitError', /without providing a reason$/],
  [
    'an end by a signal',
    'process.kill(process.pid, "SIGKILL"); for (;;) {}',
    'Runtime.ExitError',
    /signal: killed$/,
  ],
  [
    'an unhandled rejection',
    'Promise.reject(new RangeError("r")); await new Promise((r) => setTimeout(r, 500))',
    'Runtime.UnhandledPromiseRejection',
    /RangeError: r/,
  ],
  [
    'an exception in a timer',
    'setTimeout(() => { throw new RangeError("t") }, 1); await new Promise((r) => setTimeout(r, 500))',
    'RangeError',
    /^t$/,
  ],
  [
    'garbage on the descriptor of its answers',
    'require("fs").writeSync(3, Buffer.alloc(64, 255)); await new Promise((r) => setTimeout(r, 900))',
    'Runtime.ExitError',
    /killed/,
  ],
]

describe('what a function does to its process stays there, and the next invocation has a fresh one:', () => {
  it.each(breaks)('%s', async (_name, body, errorType, message) => {
    const runner = makeRunner(
      { 'app.js': `exports.handler = async (event) => { if (event.fine) return process.pid\n ${body} }` },
      { timeoutMs: 1000 },
    )
    const before = returned(await runner.invoke('{"fine":true}'))
    const outcome = failed(await runner.invoke('{}'))
    expect(outcome.error.errorType).toBe(errorType)
    expect(outcome.error.errorMessage).toMatch(message)
    const after = await runner.invoke('{"fine":true}')
    expect(returned(after)).not.toBe(before)
    expect(after).toMatchObject({ initMs: expect.any(Number) })
  })

  it('what a process starts ends with it', async () => {
    const runner = makeRunner(
      {
        'app.js': `exports.handler = async () => {
          const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
          console.log(child.pid)
          for (;;) {}
        }`,
      },
      { timeoutMs: 500 },
    )
    const { log } = failed(await runner.invoke('{}'))
    const pid = Number(/INFO\t(\d+)/.exec(log.join('\n'))?.[1])
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  it.each([
    ['answers', 'return child.pid'],
    ['ends by itself', 'process.exit(0)'],
  ])('what a process starts ends with it, also when it %s', async (_name, end) => {
    const runner = makeRunner({
      'app.js': `exports.handler = async () => {
        const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
        console.log(child.pid)
        ${end}
      }`,
    })
    const { log } = (await runner.invoke('{}')) as { log: readonly string[] }
    const pid = Number(/INFO\t(\d+)/.exec(log.join('\n'))?.[1])
    expect(pid).toBeGreaterThan(0)
    await runner.close()
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  it.each([
    ['killed', 'SIGKILL'],
    ['ended', 'SIGTERM'],
  ] as const)(
    'nothing of a function outlives a host that is %s, not even an endless loop',
    async (_name, signal) => {
      const dir = writeCode({
        'app.js': `exports.handler = async () => {
        const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
        console.log(process.pid, child.pid)
        for (;;) {}
      }`,
      })
      const runnerModule = new URL('../../dist/lambda/process-lambda-runner.js', import.meta.url)
      const code = lambdaCode(dir)
      const host = spawn(process.execPath, [
        '--input-type=module',
        '-e',
        `import { ProcessLambdaRunner } from ${JSON.stringify(runnerModule.href)}
       process.on('SIGTERM', () => process.exit(1))
       const onLine = ({ text }) => console.log(text)
       await new ProcessLambdaRunner({ code: ${JSON.stringify(code)}, onLine }).invoke('{}')`,
      ])
      onTestFinished(() => void host.kill('SIGKILL'))
      let said = ''
      host.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
      await expect.poll(() => said, { timeout: 10_000 }).toMatch(/INFO\t\d+ \d+/)
      const pids = /INFO\t(\d+) (\d+)/.exec(said)!.slice(1).map(Number)
      expect(pids.map(isAlive)).toEqual([true, true])
      host.kill(signal)
      await expect.poll(() => pids.map(isAlive)).toEqual([false, false])
    },
  )

  it('a process that ends while it is idle is not used again', async () => {
    const runner = makeRunner({
      'app.js': `exports.handler = async () => { setTimeout(() => process.exit(7), 20); return process.pid }`,
    })
    const first = Number(returned(await runner.invoke('{}')))
    await expect.poll(() => isAlive(first)).toBe(false)
    expect(returned(await runner.invoke('{}'))).not.toBe(first)
  })

  it('processes end with their runner', async () => {
    const runner = makeRunner({ 'app.js': 'exports.handler = async () => process.pid' })
    const pid = Number(returned(await runner.invoke('{}')))
    await runner.close()
    await expect.poll(() => isAlive(pid)).toBe(false)
    await expect(runner.invoke('{}')).rejects.toThrow(/closed/)
  })
})

describe('processes', () => {
  it('run invocations at the same time, and are reused', async () => {
    const runner = makeRunner({
      'app.js':
        'exports.handler = async (ms) => { await new Promise((r) => setTimeout(r, ms)); return process.pid }',
    })
    const pids = (await Promise.all([1, 2, 3].map(() => runner.invoke('300')))).map(returned)
    expect(new Set(pids).size).toBe(3)
    expect(pids).toContain(returned(await runner.invoke('0')))
  })

  it('run the code that is on disk, once it is loaded again', async () => {
    const dir = writeCode({ 'app.js': 'exports.handler = async () => 1' })
    const runner = new ProcessLambdaRunner({ code: lambdaCode(dir) })
    onTestFinished(() => runner.close())
    expect(returned(await runner.invoke('{}'))).toBe(1)
    writeFileSync(`${dir}/app.js`, 'exports.handler = async () => 2')
    expect(returned(await runner.invoke('{}'))).toBe(1)
    runner.reload()
    expect(returned(await runner.invoke('{}'))).toBe(2)
    writeFileSync(`${dir}/app.js`, 'exports.handler = async () => {')
    runner.reload()
    expect(failed(await runner.invoke('{}')).error.errorType).toBe('Runtime.UserCodeSyntaxError')
    writeFileSync(`${dir}/app.js`, 'exports.handler = async () => 3')
    expect(returned(await runner.invoke('{}'))).toBe(3)
  })
})

/** A process that nobody has fetched the end of counts as gone. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
