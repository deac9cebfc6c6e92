/** Where people find the console: in greetings, by `millrace console`, and in their browser, if it is asked for. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CliProcess, cli, type Folder, temporaryFolder } from './cli-process.test-kit.ts'

let folder: Folder
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => folder.remove())

it.skipIf(process.platform !== 'linux')(
  'serve says it first and opens it on request, and millrace console finds it while it runs',
  async () => {
    const dir = join(folder.path, 'data')
    const opened = join(folder.path, 'opened')
    // In the place of a desktop's program that opens addresses.
    const bin = join(folder.path, 'bin')
    mkdirSync(bin)
    writeFileSync(
      join(bin, 'xdg-open'),
      `#!/bin/sh\necho "$1" > "${opened}.part" && mv "${opened}.part" "${opened}"\n`,
    )
    chmodSync(join(bin, 'xdg-open'), 0o755)
    const env = { PATH: `${bin}:${process.env.PATH}` }
    const server = new CliProcess(['serve', '--data-dir', dir, '--port', '0', '--open'], { env })
    await server.until(({ stdout }) => stdout.includes('try in another terminal'))
    const [, address = ''] = /^console at (http:\/\/127\.0\.0\.1:\d+\/console\/)\n/.exec(server.stdout) ?? []
    expect(address).not.toBe('')
    expect((await fetch(address)).headers.get('content-type')).toContain('text/html')

    expect((await cli(['console', '--data-dir', dir])).stdout).toBe(`${address}\n`)
    const json = await cli(['console', '--data-dir', dir, '--json'])
    expect(JSON.parse(json.stdout)).toEqual({ url: address, pid: server.child.pid, dataDir: dir })
    await expect.poll(() => existsSync(opened)).toBe(true)
    expect(readFileSync(opened, 'utf8').trim()).toBe(address)

    server.child.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ exitCode: 0 })
    const after = await cli(['console', '--data-dir', dir])
    expect(after).toMatchObject({ exitCode: 1, stdout: '' })
    expect(after.stderr).toContain('CONSOLE_NOT_RUNNING')
  },
)

it('run says it first, on standard error, and goes on where no browser can be opened', async () => {
  writeFileSync(join(folder.path, 'empty.app.ts'), app)
  const running = new CliProcess(
    ['run', 'empty.app.ts', '--data-dir', join(folder.path, 'run'), '--port', '0', '--open'],
    { cwd: folder.path, env: { PATH: '/nowhere' } },
  )
  await running.until(({ stderr }) => stderr.includes('no browser could be opened'))
  expect(running.stderr).toMatch(/^console at http:\/\/127\.0\.0\.1:\d+\/console\/\nrunning empty from/m)
  running.child.kill('SIGTERM')
  expect(await running.ended).toMatchObject({ exitCode: 0 })
})

const app = `
import { defineApp } from 'millrace'
export default defineApp('empty', (app) => {
  app.function('look', { from: app.stream('clicks') }, async () => {})
})
`
