/** The functions that payments.sql calls, one of each kind. */
import { sqlFunction } from 'millrace'

/** One value out of one row: 'ann@example.com' -> 'example.com'. */
export const domainOf = sqlFunction.scalar(
  'domain_of',
  { parameters: ['STRING'], returns: 'STRING' },
  (email: string) => email.split('@')[1]?.toLowerCase() ?? null,
)

/** One value out of many rows: the middle amount, the lower one of two. The accumulator is plain data, kept as state. */
export const median = sqlFunction.aggregate<number[]>('median', {
  parameters: ['DECIMAL(10, 2)'],
  returns: 'DECIMAL(10, 2)',
  create: () => [],
  // A DECIMAL comes as text, so that no digit is lost.
  add: (amounts, amount: string | null) => (amount === null ? amounts : [...amounts, Number(amount)]),
  merge: (amounts, others) => [...amounts, ...others],
  result: (amounts) => {
    const middle = amounts.toSorted((a, b) => a - b)[(amounts.length - 1) >> 1]
    return middle === undefined ? null : middle.toFixed(2)
  },
})

/** Many rows out of one: 'book*2;pen' -> (book, 2), (pen, 1). */
export const itemsOf = sqlFunction.table(
  'items_of',
  { parameters: ['STRING'], columns: { item: 'STRING', quantity: 'INT' } },
  function* (basket: string) {
    for (const part of basket.split(';')) {
      const [item, quantity = '1'] = part.split('*')
      yield [item, Number(quantity)]
    }
  },
)

/** Answers come later: rows wait for them, here up to 20 at a time, and keep their order. */
export function countryOf(ask: (ip: string, signal: AbortSignal) => Promise<string | null>) {
  return sqlFunction.async(
    'country_of',
    {
      parameters: ['STRING'],
      returns: 'STRING',
      timeoutMs: 2_000,
      capacity: 20,
      retry: { attempts: 2, delayMs: 100 },
    },
    ([ip]: [string], { signal }) => ask(ip, signal),
  )
}
