/** `millrace generate ...`: the commands that make data to try things with. */
import type { Command } from 'commander'
import { MillraceError } from '../../error.ts'
import {
  command,
  count,
  nonNegativeInteger,
  positiveInteger,
  positiveNumber,
  type RawFlags,
  text,
} from './command.ts'

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
  return (
    command('generate')
      .description('make data to try things with')
      // Flags behind `orders` are those of orders.
      .enablePositionalOptions()
      .option('--template <file>', 'records of a template of the Kinesis Data Generator (docs/generator.md)')
      .option('--to <stream>', 'put them to a stream (default: print them)')
      .option('--to-delivery <name>', 'put them to a delivery')
      .option('--rate <n>', 'records a second (default: as fast as they are taken)', positiveNumber)
      .option('--periodic <file>', 'a rate by weekday and hour, as JSON')
      .option('--count <n>', 'records in all (default: until ctrl-C)', nonNegativeInteger)
      .option('--seed <n>', 'equal seeds give equal records', nonNegativeInteger, 1)
      .option(
        '--time-zone <zone>',
        "of the template's dates, for example Europe/Berlin (default: that of the machine)",
      )
      .option('--no-newline', 'put no newline behind each record')
      .option('--endpoint <url>', 'endpoint (default: AWS_ENDPOINT_URL, or the gateway running here)')
      .option('--data-dir <dir>', 'the gateway that runs on this data directory')
      .option('--json', 'print the counts as JSON')
      .addHelpText(
        'after',
        `
Examples:
  millrace generate --template film.txt --count 3
  millrace generate --template film.txt --rate 10 --to films
  millrace generate --template film.txt --rate 10 --to-delivery film-feed --endpoint http://127.0.0.1:4567
  millrace generate orders --orders 15 --out /tmp/orders`,
      )
      .action(async (flags: RawFlags) => {
        const template = text(flags.template)
        if (template === undefined) {
          throw new MillraceError('USAGE', 'generate needs --template FILE, or "orders".', {
            next: 'See: millrace generate --help',
          })
        }
        const { generateRecords } = await import('../generate-records.ts')
        await generateRecords({
          template,
          to: text(flags.to),
          toDelivery: text(flags.toDelivery),
          rate: count(flags.rate),
          periodic: text(flags.periodic),
          count: count(flags.count),
          seed: count(flags.seed) ?? 1,
          timeZone: text(flags.timeZone),
          newline: flags.newline !== false,
          endpoint: text(flags.endpoint),
          dataDir: text(flags.dataDir),
          json: flags.json === true,
        })
      })
      .addCommand(orders)
  )
}
