/** A table as icebird reads it, which shares no code with us: rows as text, like UpsertLake.read. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { icebergRead } from 'icebird'
import type { IcebergTable } from '../../table-port.ts'

/** icebird reads over fetch; here are the files of this machine for it. */
const fileFetch: typeof fetch = async (input, init) => {
  const bytes = await readFile(fileURLToPath(String(input)))
  const range = /bytes=(\d+)-(\d*)/.exec(new Headers(init?.headers).get('range') ?? '')
  const from = Number(range?.[1] ?? 0)
  const to = range?.[2] ? Number(range[2]) + 1 : bytes.length
  const status = range === null ? 200 : 206
  return new Response(init?.method === 'HEAD' ? null : bytes.subarray(from, to), {
    status,
    headers: { 'content-length': String(range === null ? bytes.length : to - from) },
  })
}

export async function icebirdRows(table: IcebergTable, names: readonly string[]): Promise<string[]> {
  const { fetch } = globalThis
  globalThis.fetch = fileFetch
  try {
    const { metadata } = table
    const rows = await icebergRead({
      tableUrl: metadata.location,
      // icebird's type of metadata is our own in other words: the JSON of the format.
      metadata: JSON.parse(JSON.stringify(metadata)) as NonNullable<
        Parameters<typeof icebergRead>[0]['metadata']
      >,
    })
    return rows.map((row) => names.map((name) => text(row[name])).join('|')).sort()
  } finally {
    globalThis.fetch = fetch
  }
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '~'
  return String(value)
}
