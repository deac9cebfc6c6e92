/** The lake of a data directory, to be read beside a running app or after it. */
import { join } from 'node:path'
import type { LakeHandle } from '@millrace/console'
import { bucketsOf, openCatalog, openLakeQuery, QueryBook, recordedQuery } from '@millrace/lake'
import type { Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { chooseDataDir, openToRead } from '../data-directory.ts'

export interface LakeFlags {
  readonly dataDir: string | undefined
  readonly memoryBytes?: number | undefined
  readonly threads?: number | undefined
}

export async function withLake<T>(flags: LakeFlags, work: (lake: LakeHandle) => Promise<T>): Promise<T> {
  const dir = chooseDataDir(flags.dataDir)
  const store = await openToRead(dir)
  try {
    const lake = openLake(dir, store, flags)
    try {
      return await work(lake)
    } finally {
      await lake.query.close()
    }
  } finally {
    await store.close()
  }
}

/** Every query that goes through it is in the history. */
export function openLake(
  dir: string,
  store: Store,
  { memoryBytes, threads }: Omit<LakeFlags, 'dataDir'> = {},
): LakeHandle {
  const catalog = openCatalog({ store })
  const book = new QueryBook(dir)
  const query = openLakeQuery({
    catalog,
    buckets: bucketsOf(store),
    clock: systemClock,
    store,
    limits: {
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(threads === undefined ? {} : { threads }),
    },
    spillDir: join(dir, 'tmp'),
  })
  return {
    dir,
    store,
    catalog,
    query: recordedQuery(query, book, systemClock),
    quietQuery: query,
    book,
  }
}
