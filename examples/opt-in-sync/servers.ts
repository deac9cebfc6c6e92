/** What the example needs beside itself: a MariaDB with nine users and the service, until ctrl-C. `npx jiti examples/opt-in-sync/servers.ts` */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { privateMariaDb } from 'millrace'
import { createConnection } from 'mysql2/promise'
import { startSegmentService } from './segment-service.ts'

const service = await startSegmentService({ port: 8086 })
const database = await privateMariaDb()
const connection = await createConnection({
  uri: database.url.replace(/^mariadb/, 'mysql'),
  multipleStatements: true,
})
await connection.query(readFileSync(join(import.meta.dirname, 'users.sql'), 'utf8'))
await connection.end()
const { username, password, port } = new URL(database.url)
console.log(`Segment:  curl ${service.url}/segment`)
console.log(`Database: mysql -h 127.0.0.1 -P ${port} -u ${username} -p${password} campaigns`)
console.log(`App:      npx millrace run examples/opt-in-sync/opt-in.app.ts -- --database ${database.url}`)
process.once('SIGINT', async () => {
  await Promise.all([service[Symbol.asyncDispose](), database[Symbol.asyncDispose]()])
  process.exit(0)
})
