/**
 * Every version of a table's items in a lake that others read: who was what, and since when.
 *
 *   DynamoDB clients -> Staff (a table) -> its changes -> delivery: flatten (Lambda handler), 120 s or 1 MiB
 *                                          -> bucket lake, staff/day=YYYY-MM-DD/ -> SQL table staff
 */
import { defineApp } from 'millrace'

export default defineApp('table-to-lake', (app) => {
  const staff = app.table('Staff', { partitionKey: 'id', changes: 'NEW_AND_OLD_IMAGES' })
  const lake = app.bucket('lake')

  app.delivery('staff', {
    from: staff.changes,
    to: lake,
    prefix: 'staff/day=!{timestamp:yyyy-MM-dd}/',
    errorPrefix: 'errors/',
    transform: { code: 'handlers', handler: 'flatten.handler', buffer: { seconds: 1 } },
    buffer: { bytes: 1024 * 1024, seconds: 120 },
    table: 'staff',
    columns: {
      id: 'string',
      name: 'string',
      designation: 'string',
      address_city: 'string',
      change: 'string',
      changed_at: 'bigint',
    },
  })
})
