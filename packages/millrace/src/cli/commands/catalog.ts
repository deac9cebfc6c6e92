/** `millrace catalog ...`: databases, tables and views of the lake. */
import type { Command } from 'commander'
import { collect, command, count, positiveInteger, type RawFlags, text, texts } from './command.ts'

const dataDirHelp = 'data directory (default: the only one below .millrace)'

export function catalogCommand(): Command {
  return command('catalog')
    .description('databases, tables and views of the lake: look, make, change, find')
    .addCommand(
      reading('databases', 'list the databases').action(async (flags: RawFlags) => {
        const { catalogDatabases } = await import('../lake/catalog-reads.ts')
        await catalogDatabases(common(flags))
      }),
    )
    .addCommand(
      reading('tables', 'list tables and views with their figures')
        .argument('[database]', 'of one database')
        .action(async (database: string | undefined, flags: RawFlags) => {
          const { catalogTables } = await import('../lake/catalog-reads.ts')
          await catalogTables(database, common(flags))
        }),
    )
    .addCommand(
      reading('describe', 'columns, place and figures of a table, or the text of a view')
        .argument('<table>', 'TABLE or DATABASE.TABLE')
        .action(async (table: string, flags: RawFlags) => {
          const { catalogDescribe } = await import('../lake/catalog-reads.ts')
          await catalogDescribe(table, common(flags))
        }),
    )
    .addCommand(
      reading('partitions', 'partitions of a managed table with their figures')
        .argument('<table>', 'TABLE or DATABASE.TABLE')
        .action(async (table: string, flags: RawFlags) => {
          const { catalogPartitions } = await import('../lake/catalog-reads.ts')
          await catalogPartitions(table, common(flags))
        }),
    )
    .addCommand(
      reading('files', 'files of a managed table')
        .argument('<table>', 'TABLE or DATABASE.TABLE')
        .option(
          '--partition <value>',
          'of this value of the first partition key, the next one of the second',
          collect,
          [],
        )
        .action(async (table: string, flags: RawFlags) => {
          const { catalogFiles } = await import('../lake/catalog-reads.ts')
          await catalogFiles(table, { ...common(flags), partition: texts(flags.partition) })
        }),
    )
    .addCommand(
      reading('versions', "all versions of a table's columns")
        .argument('<table>', 'TABLE or DATABASE.TABLE')
        .action(async (table: string, flags: RawFlags) => {
          const { catalogVersions } = await import('../lake/catalog-reads.ts')
          await catalogVersions(table, common(flags))
        }),
    )
    .addCommand(createCommand())
    .addCommand(
      reading('drop', 'forget a table or view; files of tables stay')
        .argument('<name>', 'TABLE, DATABASE.TABLE or, with --database, a database')
        .option('--database', 'the name is that of a database, which has to be empty')
        .action(async (name: string, flags: RawFlags) => {
          const { catalogDrop } = await import('../lake/catalog-changes.ts')
          await catalogDrop(name, { ...common(flags), isDatabase: flags.database === true })
        }),
    )
    .addCommand(viewCommand())
    .addCommand(
      reading('refresh', 'compute the kept rows of a view anew, if its present stretch has not done so')
        .argument('<view>')
        .action(async (name: string, flags: RawFlags) => {
          const { catalogRefresh } = await import('../lake/catalog-changes.ts')
          await catalogRefresh(name, common(flags))
        }),
    )
    .addCommand(compactCommand())
    .addCommand(crawlCommand())
}

function createCommand(): Command {
  return reading('create', 'make a table, or change it to be so; without columns and bucket a database')
    .argument('<name>', 'TABLE or DATABASE.TABLE')
    .option('--columns <list>', "names and types: 'id bigint, price decimal(10,2)'")
    .option('--bucket <name>', 'the bucket with its files')
    .option('--prefix <prefix>', "of its objects' keys (default: the table's name and /)")
    .option('--partitions <list>', 'partition keys, like --columns')
    .option('--format <format>', 'parquet, json or csv (default: parquet)')
    .option('--external', 'its files are all that lie below the prefix, not those that deliveries list')
    .option('--description <text>', 'of a database')
    .addHelpText(
      'after',
      `
Examples:
  millrace catalog create sales --description "orders and returns"
  millrace catalog create sales.orders --bucket lake --prefix orders/ --columns 'id bigint, name string' --partitions 'day date' --external`,
    )
    .action(async (name: string, flags: RawFlags) => {
      const { catalogCreate } = await import('../lake/catalog-changes.ts')
      await catalogCreate(name, {
        ...common(flags),
        columns: text(flags.columns),
        partitions: text(flags.partitions),
        bucket: text(flags.bucket),
        prefix: text(flags.prefix),
        format: text(flags.format),
        external: flags.external === true,
        description: text(flags.description),
      })
    })
}

function viewCommand(): Command {
  return reading('view', 'make a view, or change its text')
    .argument('<name>', 'VIEW or DATABASE.VIEW')
    .option('--sql <text>', 'its SELECT')
    .option('--file <file>', 'a file with its SELECT')
    .option(
      '--refresh <seconds>',
      'keep its rows; "millrace catalog refresh" computes them, once in each stretch of this length',
      positiveInteger,
    )
    .addHelpText(
      'after',
      `
A view of an app (app.view) is refreshed by the app itself.

Example:
  millrace catalog view big_orders --sql "SELECT * FROM orders WHERE total > 1000"`,
    )
    .action(async (name: string, flags: RawFlags) => {
      const { catalogView } = await import('../lake/catalog-changes.ts')
      await catalogView(name, {
        ...common(flags),
        sql: text(flags.sql),
        file: text(flags.file),
        refreshSeconds: count(flags.refresh),
      })
    })
}

function compactCommand(): Command {
  return reading('compact', 'make larger files of the small ones of a managed Parquet table')
    .argument('<table>', 'TABLE or DATABASE.TABLE')
    .option(
      '--target-mb <mebibytes>',
      'size of files, about (default: what the table asks for, or 128)',
      positiveInteger,
    )
    .addHelpText(
      'after',
      `
Neighbours of one partition become one file, rows in order, in one step for whoever reads the catalog. The old objects are deleted by
a later compaction, after 15 minutes. An app does the same in the background where a dataset or delivery has "compact".

Example:
  millrace catalog compact sales.orders --target-mb 64`,
    )
    .action(async (table: string, flags: RawFlags) => {
      const { catalogCompact } = await import('../lake/catalog-changes.ts')
      await catalogCompact(table, { ...common(flags), targetMegabytes: count(flags.targetMb) })
    })
}

function crawlCommand(): Command {
  return reading('crawl', 'find tables in a bucket: formats, columns, partitions')
    .argument('<place>', 'BUCKET or BUCKET/PREFIX')
    .option('--database <name>', 'of the tables (default: default)')
    .addHelpText(
      'after',
      `
Looks at every file below the prefix. A table is made for each place, or gets a new version if its columns changed; files that
differ from the others are named, and break nothing.

Example:
  millrace catalog crawl lake/incoming/ --database raw`,
    )
    .action(async (place: string, flags: RawFlags) => {
      const { catalogCrawl } = await import('../lake/catalog-changes.ts')
      await catalogCrawl(place, { ...common(flags), database: text(flags.database) })
    })
}

function reading(name: string, description: string): Command {
  return command(name)
    .description(description)
    .option('--data-dir <dir>', dataDirHelp)
    .option('--json', 'as lines of JSON')
}

function common(flags: RawFlags): { dataDir: string | undefined; json: boolean } {
  return { dataDir: text(flags.dataDir), json: flags.json === true }
}
