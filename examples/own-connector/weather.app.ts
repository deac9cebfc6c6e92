/** A SQL pipeline with a connector of its own: `speak` says each record aloud, as far as a terminal can. */
import { sqlApp, type TableConnector } from 'millrace'

export const speak: TableConnector = {
  name: 'speak',
  options: ['voice'],
  sink: (table, host) => (records) => {
    for (const record of records) host.print(`${table.options.voice ?? 'somebody'}: ${record.text()}`)
  },
}

export default sqlApp(new URL('./weather.sql', import.meta.url), { connectors: new Map([['speak', speak]]) })
