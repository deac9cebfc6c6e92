/** `millrace generate ...`: the commands that make data to try things with. */
import type { Command } from 'commander'
import { command, count, nonNegativeInteger, positiveInteger, type RawFlags, text } from './command.ts'

export function generateCommand(): Command {
  const orders = command('orders')
    .description('write the order model: products.json and changes.ndjson (orders, two items for each)')
    .requiredOption('--orders <n>', 'number of orders', nonNegativeInteger)
    .requiredOption('--out <dir>', 'folder for the files; made if it does not exist')
    .option('--products <n>', 'number of products', positiveInteger, 1000)
    .option('--seed <n>', 'equal seeds give equal files', nonNegativeInteger, 1)
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      `
Examples:
  millrace generate orders --orders 15 --out /tmp/orders
  millrace generate orders --orders 500000 --products 1000 --seed 1 --out /tmp/orders`,
    )
    .action(async (flags: RawFlags) => {
      const { generateOrders } = await import('../generate-orders.ts')
      generateOrders({
        orders: count(flags.orders) ?? 0,
        products: count(flags.products) ?? 0,
        seed: count(flags.seed) ?? 0,
        out: text(flags.out) ?? '.',
        json: flags.json === true,
      })
    })
  return command('generate').description('make data to try things with').addCommand(orders)
}
