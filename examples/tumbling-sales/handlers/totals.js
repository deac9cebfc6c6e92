/** Adds up sales over a tumbling window, invocation after invocation, and stores the total when the window is over. */
const AWS = require('aws-sdk')
const documents = new AWS.DynamoDB.DocumentClient()

/** Of records of a stream. */
exports.ofStream = totals(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, 'base64').toString()).sales)

/** Of changes of a table: new items count, others do not. */
exports.ofTable = totals(({ eventName, dynamodb }) =>
  eventName === 'INSERT' ? Number(dynamodb.NewImage.sales.N) : undefined,
)

function totals(salesOf) {
  return async (event) => {
    if (event.isFinalInvokeForWindow) {
      const { shardId, state, window, Records } = event
      const item = {
        shardId,
        windowStart: window.start,
        windowEnd: window.end,
        ...state,
        late: Records.length,
      }
      await documents.put({ TableName: process.env.TOTALS, Item: item }).promise()
      return { state }
    }
    const state = { sales: 0, orders: 0, invocations: 0, ...event.state }
    state.invocations++
    for (const record of event.Records) {
      const sales = salesOf(record)
      if (sales === undefined) continue
      state.sales += sales
      state.orders++
    }
    return { state }
  }
}
