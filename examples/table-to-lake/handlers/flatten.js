/**
 * Transform function of a delivery: makes one flat object of each change of a table, {"id":{"S":"1"}} becoming {"id":"1"}. Removals
 * are left out, as there is no item any more.
 */
exports.handler = async (event) => ({
  records: event.records.map(({ recordId, data }) => {
    const { eventName, dynamodb } = JSON.parse(Buffer.from(data, 'base64').toString())
    if (dynamodb.NewImage === undefined) return { recordId, result: 'Dropped', data }
    const line = {
      ...flat(dynamodb.NewImage),
      change: eventName,
      changed_at: dynamodb.ApproximateCreationDateTime,
    }
    return { recordId, result: 'Ok', data: Buffer.from(JSON.stringify(line)).toString('base64') }
  }),
})

/** Names in lower case; members of maps become columns of their own: {"Address":{"M":{"City":{"S":"Graz"}}}} is address_city. */
function flat(item, prefix = '') {
  const columns = {}
  for (const [name, value] of Object.entries(item)) {
    if (value.M !== undefined) Object.assign(columns, flat(value.M, `${prefix}${name.toLowerCase()}_`))
    else columns[`${prefix}${name.toLowerCase()}`] = plain(value)
  }
  return columns
}

function plain(value) {
  const [type, content] = Object.entries(value)[0]
  if (type === 'N') return Number(content)
  if (type === 'NS') return content.map(Number)
  if (type === 'L') return content.map((each) => (each.M === undefined ? plain(each) : flat(each.M)))
  return type === 'NULL' ? null : content
}
