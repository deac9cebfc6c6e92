/** The Nexmark programs of this folder: the event table with a connector, what a query needs beside it, the query itself. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type NexmarkConfig, nexmarkDefaults } from '@millrace/connect'

/** Event time runs ten times slower than the benchmark's default, so that few events fill several windows. */
export const eventConfig: NexmarkConfig = { ...nexmarkDefaults, eventRate: 1000 }

const folder = join(import.meta.dirname, 'queries')

/** Names q0 to q22 in order, without q6, which asks an OVER of updates. */
export const queryNames = readdirSync(folder)
  .filter((name) => /^q\d+\.sql$/.test(name))
  .map((name) => name.slice(0, -'.sql'.length))
  .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))

export function queryText(name: string): string {
  return readFileSync(join(folder, `${name}.sql`), 'utf8')
}

export interface Surroundings {
  /** What stands between the parentheses of WITH (...). */
  readonly events: string
  readonly sideInput: string
  /** The function of query 14, as CREATE FUNCTION ... AS names it. */
  readonly countChar: string
}

/** Tables, views and functions before a query. */
export function declarations({ events, sideInput, countChar }: Surroundings): string {
  return [
    readFileSync(join(folder, 'events.sql'), 'utf8').replace(
      /\$\{CONNECTOR\}/g,
      (found, at: number, whole: string) =>
        // The header of the file speaks of the placeholder, too.
        whole.lastIndexOf('--', at) > whole.lastIndexOf('\n', at) ? found : events,
    ),
    `CREATE TABLE side_input (\`key\` BIGINT, \`value\` STRING) WITH (${sideInput});`,
    `CREATE FUNCTION count_char AS '${countChar}';`,
  ].join('\n')
}

/** Rows of the side input: key, text. */
export function sideRows(): [number, string][] {
  return Array.from({ length: 10_000 }, (_, key) => [key, `value ${key}`])
}
