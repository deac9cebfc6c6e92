/**
 * Transform function of a delivery: adds the output of each second to the messages of bikes, one a line. Starts of races are left out;
 * a message without figures cannot be transformed.
 */
exports.handler = async (event) => ({
  records: event.records.map(({ recordId, data }) => {
    const message = JSON.parse(Buffer.from(data, 'base64').toString())
    if (message.event !== 'update') return { recordId, result: 'Dropped', data }
    const output = ((message.cadence + 35) * (message.resistance + 65)) / 100
    if (Number.isNaN(output)) return { recordId, result: 'ProcessingFailed', data }
    const line = `${JSON.stringify({ ...message, output })}\n`
    return { recordId, result: 'Ok', data: Buffer.from(line).toString('base64') }
  }),
})
