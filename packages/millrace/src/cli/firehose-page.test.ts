/**
 * docs/firehose.md: the commands of its blocks `sh run` print what stands in the block behind them, against `millrace serve` as the page
 * starts it. `...` is any text, over lines too. Without an AWS CLI the test is skipped, but not in continuous integration, which
 * installs it (.ci/run).
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bin, CliProcess, type Folder, temporaryFolder } from './cli-process.test-kit.ts'

const python = process.env.MILLRACE_PYTHON ?? 'python3'
const hasAws = spawnSync(python, ['-c', 'import awscli.clidriver']).status === 0

let folder: Folder
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => folder.remove())

test.skipIf(!hasAws && process.env.CI === undefined)(
  'docs/firehose.md prints what its commands print',
  { timeout: 120_000 },
  async () => {
    const place = join(folder.path, 'page')
    mkdirSync(place)
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/firehose.md'), 'utf8')
    const blocks = [...page.matchAll(/^```sh run\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```\n/gm)]
    expect(blocks.length).toBeGreaterThan(3)
    // The page's handler is there from the beginning: the server looks for it when it starts.
    const [handler] = [...page.matchAll(/^cat > clean\.cjs <<'END'\n[\s\S]*?^END\n/gm)]
    run(handler![0], { place, url: '' })
    const flags = /npx millrace (serve .*)/.exec(page)![1]!.split(' ')
    const server = new CliProcess([...flags, '--port', '0', '--json'], { cwd: place })
    await server.until(({ stdout }) => stdout.includes('\n'))
    const { url } = JSON.parse(server.stdout) as { url: string }
    for (const [, commands, expected] of blocks) {
      expect(run(commands!, { place, url })).toMatch(patternOf(expected!))
    }
    server.child.kill('SIGTERM')
    expect(await server.ended).toMatchObject({ exitCode: 0 })
  },
)

function run(commands: string, { place, url }: { readonly place: string; readonly url: string }): string {
  const { status, stdout, stderr } = spawnSync(
    'bash',
    [
      '-c',
      `set -e; aws() { "${python}" -m awscli "$@"; }; npx() { shift; "${process.execPath}" "${bin}" "$@"; }\n${commands}`,
    ],
    {
      cwd: place,
      encoding: 'utf8',
      timeout: 60_000,
      env: {
        PATH: process.env.PATH,
        HOME: place,
        AWS_ACCESS_KEY_ID: 'any',
        AWS_SECRET_ACCESS_KEY: 'any',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ENDPOINT_URL_FIREHOSE: url,
        AWS_ENDPOINT_URL_KINESIS: url,
        AWS_PAGER: '',
      },
    },
  )
  expect(status, `${commands}\n${stdout}\n${stderr}`).toBe(0)
  return stdout
}

function patternOf(expected: string): RegExp {
  const parts = expected.trimEnd().split('...')
  const escaped = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${escaped.join('[\\s\\S]*?')}\\s*$`)
}
