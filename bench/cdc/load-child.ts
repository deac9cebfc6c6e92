/** Writes at fixed times: `load-child.ts JOB`, with the job as JSON. Says by how much it was late. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openSession, transaction } from './databases.ts'
import { changesOfTransaction, type LoadJob } from './job.ts'

const job = JSON.parse(process.argv[2] ?? '') as LoadJob // From the bench beside.
const sessions = await Promise.all(Array.from({ length: 8 }, () => openSession(job.kind, job.url)))
const idle = [...sessions]
const perSecond = job.changesPerSecond / changesOfTransaction
const count = perSecond * job.seconds
const start = performance.now()
let lateMs = 0
const running: Promise<void>[] = []
for (let sent = 0; sent < count; ) {
  const due = Math.min(count, Math.floor(((performance.now() - start) / 1000) * perSecond))
  while (sent < due && idle.length > 0) {
    const session = idle.pop()! // It is not empty.
    lateMs = Math.max(lateMs, performance.now() - start - (sent / perSecond) * 1000)
    const done = session.run(transaction(sent, job.firstId)).then(() => {
      idle.push(session)
    })
    running.push(done)
    sent++
  }
  await sleep(1)
}
await Promise.all(running)
for (const session of sessions) await session.close()
console.log(JSON.stringify({ lateMs: Math.round(lateMs) }))
