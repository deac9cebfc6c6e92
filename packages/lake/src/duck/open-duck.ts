/**
 * Opens DuckDB in memory, locked down: no files but those of the folders given, no network, no extensions, bounded memory, and
 * settings that no statement can change. It is loaded when first used, since it is large.
 */
import type { Duck, DuckOptions } from './duck-port.ts'

/** Error: whatever DuckDB says of the options. */
export async function openDuck({ memoryBytes, threads, folders, spillDir }: DuckOptions): Promise<Duck> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    memory_limit: `${Math.ceil(memoryBytes / 1024)}KiB`,
    threads: String(threads),
    // Of no use without a place to spill to; the default would be a folder in the working directory.
    temp_directory: spillDir ?? '',
    preserve_insertion_order: 'true',
  })
  const setup = await instance.connect()
  try {
    const allowed = [...folders, ...(spillDir === undefined ? [] : [spillDir])]
    await setup.run(`SET allowed_directories = [${allowed.map(literal).join(', ')}]`)
    await setup.run('SET enable_external_access = false')
    await setup.run("SET TimeZone = 'UTC'")
    await setup.run('SET lock_configuration = true')
  } finally {
    setup.closeSync()
  }
  return {
    connect: () => instance.connect(),
    close: () => instance.closeSync(),
  }
}

/** A SQL string. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
