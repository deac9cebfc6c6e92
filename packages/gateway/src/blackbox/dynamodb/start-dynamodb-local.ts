/**
 * Starts DynamoDB Local, what AWS gives to test against, in memory. Its jars come from Maven Central
 * (blackbox-dynamodb-local/pom.xml), once; needs Maven and a JDK of 17. It listens on all addresses (it cannot be told
 * otherwise), for as long as the test runs.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { spawnPeer } from './spawn-peer.ts'
import type { TablePeer } from './table-peer.ts'

const project = fileURLToPath(new URL('../../../blackbox-dynamodb-local', import.meta.url))

export async function startDynamodbLocal(): Promise<TablePeer> {
  const lib = join(project, 'target/lib')
  if (!existsSync(lib)) {
    const goals = ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`]
    await promisify(execFile)('mvn', ['-q', '-B', ...goals], { cwd: project })
  }
  const main = 'software.amazon.dynamodb.services.local.main.ServerRunner'
  return spawnPeer('DynamoDB Local', (port) => [
    'java',
    `-Djava.library.path=${lib}`,
    '-cp',
    `${lib}/*`,
    main,
    '-inMemory',
    '-sharedDb',
    '-disableTelemetry',
    '-port',
    String(port),
  ])
}
