/** The Lambda form of the benchmark's function: as `reader` of functions.app.ts, over events as Lambda gets them. */
import { writeFileSync } from 'node:fs'

const { OUT, RECORDS } = process.env
const times = []
let sum = 0

export function handler(event) {
  const entered = performance.timeOrigin + performance.now()
  for (const { kinesis } of event.Records) {
    const { id, value } = JSON.parse(Buffer.from(kinesis.data, 'base64'))
    sum += value
    if (OUT === undefined) continue
    times.push(entered - kinesis.approximateArrivalTimestamp * 1000)
    if (id === Number(RECORDS) - 1) writeFileSync(OUT, JSON.stringify({ times, sum }))
  }
}
