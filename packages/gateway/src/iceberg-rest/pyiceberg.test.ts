/** PyIceberg finds and reads the tables over the REST protocol, and makes tables of its own. Without a Python that has it this is skipped. */
import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { openOrdersLake } from './testing/orders-lake.ts'

const python = process.env.MILLRACE_PYTHON ?? 'python3'
const script = fileURLToPath(new URL('testing/rest_catalog.py', import.meta.url))

function hasPyIceberg(): boolean {
  try {
    execFileSync(python, ['-c', 'import pyarrow, pyiceberg'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

if (!hasPyIceberg()) {
  test.skipIf(process.env.CI === undefined)(`${python} has no pyiceberg`, () =>
    expect.fail(`install it: ${python} -m pip install 'pyiceberg[pyarrow]'`),
  )
} else {
  describe.each(['nothing', 'a credential', 'a token'])('PyIceberg with %s', (proof) => {
    test('reads what is there and makes what it wants', { timeout: 60_000 }, async () => {
      const lake = await openOrdersLake(proof === 'nothing' ? 'off' : 'verify')
      try {
        const pair = `${lake.key.id}:${lake.key.secret}`
        const properties =
          proof === 'nothing' ? {} : proof === 'a token' ? { token: pair } : { credential: pair }
        const { stdout } = await promisify(execFile)(python, [
          script,
          lake.url,
          'lake',
          JSON.stringify(properties),
        ])
        expect(JSON.parse(stdout)).toEqual({
          namespaces: [['sales']],
          tables: [['sales', 'orders']],
          exists: [true, false],
          rows: lake.rows,
          some: lake.rows.filter(([id]) => id > 2),
          first: lake.first,
          missing: 'NoSuchTableError',
          made: {
            columns: [
              [1, 'a'],
              [2, 'b'],
              [3, 'c'],
            ],
            identifier: [1],
            partitions: [[1, 'bucket[4]']],
            properties: ['me', '1'],
            later: '2',
            views: [],
            doubled: ['NamespaceAlreadyExistsError', 'TableAlreadyExistsError', 'NamespaceNotEmptyError'],
          },
          left: [['sales']],
        })
      } finally {
        await lake.close()
      }
    })
  })

  test('a wrong secret opens nothing', { timeout: 60_000 }, async () => {
    const lake = await openOrdersLake('verify')
    try {
      const properties = JSON.stringify({ credential: `${lake.key.id}:wrong` })
      await expect(promisify(execFile)(python, [script, lake.url, 'lake', properties])).rejects.toThrow(
        /OAuthError|Unauthorized|invalid_client/,
      )
    } finally {
      await lake.close()
    }
  })
}
