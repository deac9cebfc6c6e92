/**
 * Payments go through a Flink query that calls TypeScript functions of every kind; the results are kept in tables.
 *
 *   payments.ndjson -> payments -> analyze (SQL) -> countries -> save-countries -> Countries
 *                                                -> sold
 */
import { type App, defineApp, file } from 'millrace'
import { askGeoService } from './geo-service.ts'
import { countryOf, domainOf, itemsOf, median } from './payment-functions.ts'

type AskCountry = typeof askGeoService

/** The app with another service behind `country_of`, for tests. */
export function describePayments(ask: AskCountry): (app: App) => void {
  return (app) => {
    const payments = app.stream('payments')
    const countries = app.stream('countries')
    const sold = app.stream('sold')
    const byCountry = app.table('Countries', { partitionKey: 'country', sortKey: 'window_start' })

    const path = app.option.path('payments', { default: './payments.ndjson', help: 'a payment on each line' })
    app.source(file({ path, partitionKey: '$.id' }), { into: payments })

    app.query('analyze', {
      dialect: 'flink',
      file: './payments.sql',
      tables: { payments, countries, sold },
      functions: [domainOf, median, itemsOf, countryOf(ask)],
    })

    app.function('save-countries', { from: countries }, (records) => byCountry.put(records))
  }
}

export default defineApp('payments', describePayments(askGeoService))
