/** `millrace source ...`: what feeds a running app from outside. */
import type { Command } from 'commander'
import { collect, command, type RawFlags, text, texts } from './command.ts'

const dataDirHelp = 'data directory (default: the only one below .millrace)'
const nameHelp = 'name of the source (default: the only one that can be meant)'

export function sourceCommand(): Command {
  return command('source')
    .description('what feeds an app from outside: how far it is, and loading tables of a database again')
    .addCommand(listCommand())
    .addCommand(statusCommand())
    .addCommand(
      changeCommand('load', {
        description: 'load tables of a followed database again, while everything else flows',
        notes: `
The rows of the tables come again as loads, and their changes go on after them, so that whoever keeps the newest row of each
key has the tables as they are. A table in quarantine is followed again with it.`,
      }),
    )
    .addCommand(
      changeCommand('release', {
        description: 'follow tables in quarantine again, without loading them',
        notes: `
Changes that came during the quarantine are dead letters: see millrace dead list.`,
      }),
    )
}

function listCommand(): Command {
  return command('list')
    .description('list the sources of the running app')
    .option('--data-dir <dir>', dataDirHelp)
    .option('--json', 'one line of JSON for each')
    .addHelpText('after', examples(['millrace source list', 'millrace source list --json']))
    .action(async (flags: RawFlags) => {
      const { sourceList } = await import('../source/source-list.ts')
      await sourceList({ dataDir: text(flags.dataDir), json: flags.json === true })
    })
}

function statusCommand(): Command {
  return command('status')
    .description('show how far a source is: of a database each table with its load, lag and log')
    .argument('[name]', nameHelp)
    .option('--data-dir <dir>', dataDirHelp)
    .option('--json', 'as one line of JSON')
    .addHelpText(
      'after',
      `
Of an app that has stopped, it shows what the data directory holds: the position and the counts.
${examples(['millrace source status', 'millrace source status orders-source --json'])}`,
    )
    .action(async (name: string | undefined, flags: RawFlags) => {
      const { sourceStatus } = await import('../source/source-status.ts')
      await sourceStatus({ name, dataDir: text(flags.dataDir), json: flags.json === true })
    })
}

function changeCommand(
  action: 'load' | 'release',
  { description, notes }: { readonly description: string; readonly notes: string },
): Command {
  return command(action)
    .description(description)
    .argument('[name]', nameHelp)
    .option('--table <schema.table>', 'a table of the source; may be repeated', collect, [])
    .option('--data-dir <dir>', dataDirHelp)
    .option('--json', 'the answer as one line of JSON')
    .addHelpText(
      'after',
      `${notes}
${examples([`millrace source ${action} orders-source --table shop.orders`])}`,
    )
    .action(async (name: string | undefined, flags: RawFlags) => {
      const { sourceChange } = await import('../source/source-change.ts')
      await sourceChange({
        action,
        name,
        tables: texts(flags.table),
        dataDir: text(flags.dataDir),
        json: flags.json === true,
      })
    })
}

function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`
}
