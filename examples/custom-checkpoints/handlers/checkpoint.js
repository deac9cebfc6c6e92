/**
 * The fourth message of every invocation fails. Instead of throwing, the function says which one it was: all before it are
 * done, and the next invocation begins with it.
 */
const { messageOf, rangeOf } = require('./messages')

const failsAt = 3

exports.handler = async (event) => {
  const range = rangeOf(event)
  const failed = event.Records[failsAt]
  if (failed === undefined) {
    console.log(`${range}: done`)
    return { batchItemFailures: [] }
  }
  console.log(`${range}: message ${messageOf(failed).number} fails`)
  return { batchItemFailures: [{ itemIdentifier: failed.dynamodb.SequenceNumber }] }
}
