/** The amount of a payment in euro cents; throws where it has none. */
export interface Payment {
  readonly id: string
  readonly account: string
  readonly amount: number
  readonly currency: string
}

/** Euros for one unit. */
const rates: { readonly [currency: string]: number } = { EUR: 1, USD: 0.9 }

export function inCents({ id, amount, currency }: Payment): number {
  if (typeof amount !== 'number')
    throw problem('AMOUNT_INVALID', `amount of ${id} is ${JSON.stringify(amount)}`)
  const rate = rates[currency]
  if (rate === undefined)
    throw problem('CURRENCY_UNKNOWN', `${id} is in ${currency}, of which there is no rate`)
  return Math.round(amount * rate * 100)
}

/** Dead letters are found by the error's code. */
function problem(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
