/** The function of the form `lambda`: as the one in functions.app.ts, in a process of its own. */
const { writeFileSync } = require('node:fs')

const { OUT, RECORDS } = process.env
let sum = 0
const times = []

exports.handler = async (event) => {
  const entered = performance.timeOrigin + performance.now()
  for (const { kinesis } of event.Records) {
    const { id, value } = JSON.parse(Buffer.from(kinesis.data, 'base64').toString())
    sum += value
    if (OUT === '') continue
    times.push(entered - kinesis.approximateArrivalTimestamp * 1000)
    if (id === Number(RECORDS) - 1) writeFileSync(OUT, JSON.stringify({ times, sum }))
  }
}
