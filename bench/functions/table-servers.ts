/** Servers of the DynamoDB API under test, each a process of its own on a fresh data directory, in its most durable mode. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { dynamodbApi, RawConnection, requestBytes, type Target } from '../wire/raw-client.ts'
import { millraceProcess, type Place, type ServerProcess, startProcess } from '../wire/server-process.ts'

export type TableServerName = 'millrace' | 'dynalite' | 'dynamodb-local'

const root = join(import.meta.dirname, '../..')
/** The same jars that the tests compare with. */
const localProject = join(root, 'packages/gateway/blackbox-dynamodb-local')
const localLib = join(localProject, 'target/lib')

/** `nodeOptions`: of ours only, for profiles. */
export function startTableServer(
  name: TableServerName,
  nodeOptions: readonly string[] = [],
): Promise<ServerProcess> {
  if (name === 'dynamodb-local' && !existsSync(localLib)) {
    const goals = ['dependency:copy-dependencies', `-DoutputDirectory=${localLib}`]
    execFileSync('mvn', ['-q', '-B', ...goals], { cwd: localProject, stdio: 'inherit' })
  }
  return startProcess(name, { launch: (place) => launch(name, place, nodeOptions), answers })
}

function launch(name: TableServerName, place: Place, nodeOptions: readonly string[]): ChildProcess {
  const { dir, port } = place
  switch (name) {
    case 'millrace':
      return millraceProcess(place, nodeOptions)
    case 'dynalite': {
      const cli = join(root, 'node_modules/dynalite/cli.js')
      const flags = ['--host', '127.0.0.1', '--port', String(port), '--path', join(dir, 'data')]
      return spawn(process.execPath, [cli, ...flags, '--createTableMs', '0'], { cwd: dir })
    }
    case 'dynamodb-local': {
      const main = 'software.amazon.dynamodb.services.local.main.ServerRunner'
      const flags = ['-dbPath', dir, '-sharedDb', '-disableTelemetry', '-port', String(port)]
      return spawn('java', [`-Djava.library.path=${localLib}`, '-cp', `${localLib}/*`, main, ...flags], {
        cwd: dir,
      })
    }
  }
}

export async function makeTable(target: Target, name: string): Promise<void> {
  await call(target, 'CreateTable', {
    TableName: name,
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  })
  for (;;) {
    const reply = await call(target, 'DescribeTable', { TableName: name })
    if (reply.includes('"TableStatus":"ACTIVE"')) return
  }
}

async function call(target: Target, operation: string, input: object): Promise<string> {
  const connection = new RawConnection(target)
  try {
    const request = requestBytes(target, operation, JSON.stringify(input), dynamodbApi)
    return (await connection.call(request)).toString()
  } finally {
    connection.close()
  }
}

async function answers(target: Target): Promise<boolean> {
  try {
    await call(target, 'ListTables', {})
    return true
  } catch {
    return false
  }
}
