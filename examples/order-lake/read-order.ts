/** A line of the files: `3801,23,teapot,1,15.86,2026-01-01T09:42:00Z`. The line of names is no order. */
export interface Order {
  readonly orderId: number
  readonly itemId: number
  readonly product: string
  readonly quantity: number
  readonly amount: number
  readonly updatedAt: string
}

export function readOrder(line: string): Order | undefined {
  const [orderId, itemId, product = '', quantity, amount, updatedAt = ''] = line.split(',')
  if (orderId === 'orderId') return undefined
  return {
    orderId: Number(orderId),
    itemId: Number(itemId),
    product,
    quantity: Number(quantity),
    amount: Number(amount),
    updatedAt,
  }
}
