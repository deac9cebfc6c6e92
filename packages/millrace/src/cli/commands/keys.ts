/** `millrace keys ...`: access keys of the gateway. */
import type { Command } from 'commander'
import { collect, command, type RawFlags, text, texts } from './command.ts'

const dataDirHelp = 'data directory of the server (default: the only one below .millrace, or .millrace/serve)'

export function keysCommand(): Command {
  const create = command('create')
    .description('make an access key; its secret is printed once and never again')
    .option('--data-dir <dir>', dataDirHelp)
    .option('--account <id>', 'account of 12 digits in ARNs (default: 000000000000)')
    .option(
      '--allow <actions:streams>',
      "what it may do, for example 'kinesis:Put*:clicks-*'; may be repeated (default: everything)",
      collect,
      [],
    )
    .option('--note <text>', 'whose it is, for the list')
    .option('--json', 'as one line of JSON')
    .addHelpText(
      'after',
      `
From the first key on, a running server on loopback verifies signatures. It notices changes within a second.

Examples:
  millrace keys create
  millrace keys create --note dashboard --allow 'kinesis:Get*:orders' --allow 'kinesis:Describe*:*'
  eval "$(millrace keys create | grep export)"`,
    )
    .action(async (flags: RawFlags) => {
      const { createKey } = await import('../keys.ts')
      createKey({
        dataDir: text(flags.dataDir),
        account: text(flags.account),
        allow: texts(flags.allow),
        note: text(flags.note),
        json: flags.json === true,
      })
    })
  const list = command('list')
    .description('list the access keys, without their secrets')
    .option('--data-dir <dir>', dataDirHelp)
    .option('--json', 'one line of JSON for each key')
    .action(async (flags: RawFlags) => {
      const { listKeys } = await import('../keys.ts')
      listKeys({ dataDir: text(flags.dataDir), json: flags.json === true })
    })
  const revoke = command('revoke')
    .description('refuse an access key from now on')
    .argument('<id>')
    .option('--data-dir <dir>', dataDirHelp)
    .option('--json', 'print errors as JSON')
    .action(async (id: string, flags: RawFlags) => {
      const { revokeKey } = await import('../keys.ts')
      revokeKey(id, { dataDir: text(flags.dataDir) })
    })
  return command('keys')
    .description('access keys of the Kinesis endpoint')
    .addCommand(create)
    .addCommand(list)
    .addCommand(revoke)
}
