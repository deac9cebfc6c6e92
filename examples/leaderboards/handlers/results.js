/**
 * Keeps the latest total of each racer over a tumbling window, invocation after invocation, and stores one item for each race when the
 * window is over: a thousand racers, one write.
 */
const AWS = require('aws-sdk')
const documents = new AWS.DynamoDB.DocumentClient()

exports.handler = async (event) => {
  const races = event.state ?? {}
  for (const { kinesis } of event.Records) {
    const message = JSON.parse(Buffer.from(kinesis.data, 'base64').toString())
    races[message.raceId] ??= { second: 0, isOver: false, totals: {} }
    const race = races[message.raceId]
    race.second = message.second
    race.isOver ||= message.secondsLeft === 0
    race.totals[message.racerId] = message.total
  }
  if (!event.isFinalInvokeForWindow) return { state: races }
  await Promise.all(Object.entries(races).map((entry) => save(event.window, ...entry)))
}

function save(window, raceId, { second, isOver, totals }) {
  const item = { PK: raceId, SK: 'results', window: window.start, second, isOver, results: totals }
  return documents.put({ TableName: process.env.BOARD, Item: item }).promise()
}
