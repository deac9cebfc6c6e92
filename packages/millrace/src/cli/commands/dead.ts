/** `millrace dead ...`: records that could not be processed. */
import type { Command } from 'commander'
import { command, count, positiveInteger, type RawFlags, text, texts } from './command.ts'

const dataDirHelp = 'data directory (default: the only one below .millrace)'
const limitDefault = 20

export function deadCommand(): Command {
  return command('dead')
    .description('records that could not be processed: find, mend and redrive them')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(editCommand())
    .addCommand(redriveCommand())
    .addCommand(dropCommand())
}

function listCommand(): Command {
  return filtered(command('list'))
    .description('list dead letters, or their causes')
    .option('--causes', 'by cause: stage, error code and message, the most frequent first')
    .option('--limit <n>', `letters or causes at most (default: ${limitDefault})`, positiveInteger)
    .option('--json', 'one line of JSON for each')
    .addHelpText(
      'after',
      `
Works while the app runs and after it has stopped.

Examples:
  millrace dead list --causes
  millrace dead list --stage save-orders --code TABLE_KEY_MISSING
  millrace dead list --key customer-7 --limit 1000 --json`,
    )
    .action(async (flags: RawFlags) => {
      const { deadList } = await import('../dead/dead-list.ts')
      await deadList({
        filter: filterOf(flags),
        causes: flags.causes === true,
        limit: count(flags.limit) ?? limitDefault,
        json: flags.json === true,
        dataDir: text(flags.dataDir),
      })
    })
}

function showCommand(): Command {
  return command('show')
    .description('show a dead letter whole: error with stack, history, payload')
    .argument('<id>', 'as in the list: STREAM/SHARD/SEQUENCE')
    .option('--stage <name>', 'the stage, where several have a letter of this id')
    .option('--data-dir <dir>', dataDirHelp)
    .option('--data', 'print the bytes of the payload and nothing else')
    .option('--json', 'as one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  millrace dead show orders/0/12
  millrace dead show orders/0/12 --data > payload.json`,
    )
    .action(async (id: string, flags: RawFlags) => {
      const { deadShow } = await import('../dead/dead-show.ts')
      await deadShow(id, {
        stage: text(flags.stage),
        data: flags.data === true,
        json: flags.json === true,
        dataDir: text(flags.dataDir),
      })
    })
}

function editCommand(): Command {
  return command('edit')
    .description('replace the payload of a dead letter; it is redriven only by "dead redrive"')
    .argument('<id>', 'as in the list: STREAM/SHARD/SEQUENCE')
    .option('--stage <name>', 'the stage, where several have a letter of this id')
    .option('--data <text>', 'the new payload (default: opens VISUAL or EDITOR)')
    .option('--file <file>', 'a file with the new payload; - is standard input')
    .option('--data-dir <dir>', dataDirHelp)
    .option('--json', 'as one line of JSON')
    .addHelpText(
      'after',
      `
What is JSON has to stay JSON. The letter keeps the payload that the record came with.

Examples:
  millrace dead edit orders/0/12
  millrace dead edit orders/0/12 --data '{"id":"o-12","price":3}'
  millrace dead show orders/0/12 --data | jq -c '.price = 3' | millrace dead edit orders/0/12 --file -`,
    )
    .action(async (id: string, flags: RawFlags) => {
      const { deadEdit } = await import('../dead/dead-edit.ts')
      await deadEdit(id, {
        stage: text(flags.stage),
        data: text(flags.data),
        file: text(flags.file),
        json: flags.json === true,
        dataDir: text(flags.dataDir),
      })
    })
}

function redriveCommand(): Command {
  return chosen(command('redrive'))
    .description('give dead letters back to their function, in their order')
    .option('--out-of-order', 'also where an older letter of the same key stays dead')
    .addHelpText(
      'after',
      `
While an app runs, it does the work; otherwise the letters wait for its next start. A letter that was redriven is not
there any more, so doing it twice does nothing.

Examples:
  millrace dead redrive orders/0/12
  millrace dead redrive --stage save-orders --code TABLE_KEY_MISSING
  millrace dead redrive --all`,
    )
    .action(async (ids: unknown, flags: RawFlags) => {
      const { deadRedrive } = await import('../dead/dead-change.ts')
      await deadRedrive({ ...changeOf(ids, flags), outOfOrder: flags.outOfOrder === true })
    })
}

function dropCommand(): Command {
  return chosen(command('drop'))
    .description('delete dead letters for good; the ledger counts them')
    .addHelpText(
      'after',
      `
Examples:
  millrace dead drop orders/0/12
  millrace dead drop --stage save-orders --key test-customer`,
    )
    .action(async (ids: unknown, flags: RawFlags) => {
      const { deadDrop } = await import('../dead/dead-change.ts')
      await deadDrop(changeOf(ids, flags))
    })
}

function filtered(made: Command): Command {
  return made
    .option('--stage <name>', 'of this stage')
    .option('--code <code>', 'with this error code')
    .option('--key <key>', 'of records with this partition key')
    .option('--data-dir <dir>', dataDirHelp)
}

function chosen(made: Command): Command {
  return filtered(made.argument('[ids...]', 'as in the list: STREAM/SHARD/SEQUENCE'))
    .option('--all', 'all there are')
    .option('--limit <n>', 'at most so many, the oldest first', positiveInteger)
    .option('--json', 'as one line of JSON')
}

function filterOf(flags: RawFlags) {
  return { stage: text(flags.stage), code: text(flags.code), key: text(flags.key) }
}

function changeOf(ids: unknown, flags: RawFlags) {
  return {
    ids: texts(ids),
    filter: filterOf(flags),
    all: flags.all === true,
    limit: count(flags.limit),
    json: flags.json === true,
    dataDir: text(flags.dataDir),
  }
}
