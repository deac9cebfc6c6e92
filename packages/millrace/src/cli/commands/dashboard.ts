/** `millrace dashboard ...`: saved charts on one page of the console. */
import type { Command } from 'commander'
import { command, type RawFlags, text } from './command.ts'

const dataDirHelp = 'data directory (default: the only one below .millrace)'

export function dashboardCommand(): Command {
  return command('dashboard')
    .description('dashboards of saved charts: list, show, export and import them')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
}

function listCommand(): Command {
  return shared(command('list'))
    .description('list the dashboards')
    .action(async (flags: RawFlags) => {
      const { dashboardList } = await import('../dashboard/dashboard-commands.ts')
      await dashboardList(flagsOf(flags))
    })
}

function showCommand(): Command {
  return shared(command('show'))
    .description('show the charts of a dashboard, and where they lie')
    .argument('<name>', 'as in the list')
    .action(async (name: string, flags: RawFlags) => {
      const { dashboardShow } = await import('../dashboard/dashboard-commands.ts')
      await dashboardShow(name, flagsOf(flags))
    })
}

function exportCommand(): Command {
  return command('export')
    .description('write a dashboard with its charts and saved queries as JSON')
    .argument('<name>', 'as in the list')
    .option('--data-dir <dir>', dataDirHelp)
    .option('--output <file>', 'into a file (default: standard output)')
    .addHelpText(
      'after',
      `
Examples:
  millrace dashboard export conversion --output conversion.dashboard.json`,
    )
    .action(async (name: string, flags: RawFlags) => {
      const { dashboardExport } = await import('../dashboard/dashboard-commands.ts')
      await dashboardExport(name, { ...flagsOf(flags), output: text(flags.output) })
    })
}

function importCommand(): Command {
  return shared(command('import'))
    .description('make a dashboard from a file, with its charts and saved queries')
    .argument('<file>', 'as "dashboard export" writes it; - is standard input')
    .option('--replace', 'also where something of a name is there and differs')
    .addHelpText(
      'after',
      `
Works while the app runs and after it has stopped. What is there as the file has it stays as it is, so importing a file
twice does nothing.

Examples:
  millrace dashboard import examples/ad-conversion/conversion.dashboard.json`,
    )
    .action(async (file: string, flags: RawFlags) => {
      const { dashboardImport } = await import('../dashboard/dashboard-commands.ts')
      await dashboardImport(file, { ...flagsOf(flags), replace: flags.replace === true })
    })
}

function shared(made: Command): Command {
  return made.option('--data-dir <dir>', dataDirHelp).option('--json', 'as lines of JSON')
}

function flagsOf(flags: RawFlags) {
  return { dataDir: text(flags.dataDir), json: flags.json === true }
}
