/** What both handlers read in an event of a table's change stream. */
exports.messageOf = (record) => {
  const { number, bad } = record.dynamodb.NewImage
  return { number: Number(number.N), bad: bad?.BOOL === true }
}

/** `4-10`, or `7`. */
exports.rangeOf = (event) => {
  const first = exports.messageOf(event.Records[0]).number
  const last = exports.messageOf(event.Records.at(-1)).number
  return first === last ? `${first}` : `${first}-${last}`
}
