/** Works on the messages one after the other and throws at the first bad one: the whole invocation has failed. */
const { messageOf, rangeOf } = require('./messages')

exports.handler = async (event) => {
  const range = rangeOf(event)
  for (const record of event.Records) {
    const { number, bad } = messageOf(record)
    if (!bad) continue
    console.log(`${range}: message ${number} fails`)
    throw new Error(`message ${number} cannot be processed`)
  }
  console.log(`${range}: done`)
}
