/**
 * Debezium as a peer: the engine of Debezium Server, from the server's own public package, with our class of one file around it
 * (bench/peers/debezium). Built by the first run; needs Java 17 and Maven, and loads 450 MB.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Followed, FollowJob } from './job.ts'

const version = '2.7.3.Final'
const artifact = `io.debezium:debezium-server-dist:${version}:tar.gz`
const place = join(tmpdir(), `millrace-debezium-${version}`)
const libraries = join(place, 'debezium-server/lib/*')
const source = join(import.meta.dirname, '../peers/debezium/DebeziumRun.java')

export function buildDebezium(): void {
  if (existsSync(join(place, 'classes'))) return
  mkdirSync(place, { recursive: true })
  run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${place}`])
  run('tar', ['-xzf', join(place, `debezium-server-dist-${version}.tar.gz`), '-C', place])
  run('javac', ['-d', join(place, 'classes'), '-cp', libraries, source])
}

function run(command: string, flags: readonly string[]): void {
  // Maven wants a folder without a project.
  const done = spawnSync(command, flags, { cwd: place, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${command} failed: ${done.stdout}${done.stderr}`)
}

export async function followWithDebezium(job: FollowJob, ready?: () => void): Promise<Followed> {
  mkdirSync(job.dir, { recursive: true })
  const properties = join(job.dir, 'peer.properties')
  writeFileSync(
    properties,
    Object.entries(settings(job))
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
  )
  const flags = ['-Xmx2g', '-cp', `${join(place, 'classes')}:${libraries}`, 'DebeziumRun']
  const counts = [String(job.changes), String(job.skipped ?? 0)]
  const child = spawn('java', [...flags, properties, join(job.dir, 'changes.ndjson'), ...counts], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (bytes) => {
    errors += bytes
  })
  const ended = once(child, 'close')
  let last = ''
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') ready?.()
    last = line
  }
  await ended
  if (!last.startsWith('{')) throw new Error(`Debezium: ${errors.slice(-3000)}`)
  // As the class prints it; memory of a JVM says little.
  return { ...(JSON.parse(last) as Followed), peakMb: 0 }
}

/** Everything that makes it faster than its defaults and keeps its promise: texts without schemas, offsets every second. */
function settings({ kind, url, dir, start }: FollowJob): Record<string, string | number> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const common = {
    name: 'peer',
    'topic.prefix': 'peer',
    'offset.storage': 'org.apache.kafka.connect.storage.FileOffsetBackingStore',
    'offset.storage.file.filename': join(dir, 'offsets.dat'),
    'offset.flush.interval.ms': 1000,
    'database.hostname': hostname,
    'database.port': port,
    'database.user': username,
    'database.password': password,
    'table.include.list': 'shop.orders',
    'decimal.handling.mode': 'string',
    'key.converter.schemas.enable': 'false',
    'value.converter.schemas.enable': 'false',
    'snapshot.mode': start === 'load' ? 'initial' : 'no_data',
    // Its default, 500 ms, is how long it may wait before it hands a batch on.
    'poll.interval.ms': 10,
  }
  if (kind === 'postgres') {
    return {
      ...common,
      'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
      'database.dbname': pathname.slice(1),
      'plugin.name': 'pgoutput',
      'slot.name': 'peer',
      'publication.name': 'peer',
      'publication.autocreate.mode': 'filtered',
    }
  }
  return {
    ...common,
    'connector.class':
      kind === 'mariadb'
        ? 'io.debezium.connector.mariadb.MariaDbConnector'
        : 'io.debezium.connector.mysql.MySqlConnector',
    'database.server.id': 5401,
    'database.include.list': 'shop',
    'database.ssl.mode': 'disabled',
    'schema.history.internal': 'io.debezium.storage.file.history.FileSchemaHistory',
    'schema.history.internal.file.filename': join(dir, 'history.dat'),
  }
}
