/** `millrace dead redrive` and `millrace dead drop`: of given ids, or of all that a stage, an error code or a key names. */
import type { LetterFilter } from '@millrace/runtime'
import { MillraceError } from '../../error.ts'
import { chooseDataDir } from '../data-directory.ts'
import { changeLetters } from './letter-changes.ts'

export interface DeadChangeFlags {
  readonly ids: readonly string[]
  readonly filter: LetterFilter
  /** Said instead of a filter. */
  readonly all: boolean
  readonly limit: number | undefined
  readonly json: boolean
  readonly dataDir: string | undefined
}

export async function deadRedrive(flags: DeadChangeFlags & { readonly outOfOrder: boolean }): Promise<void> {
  const filter = filterOf('redrive', flags)
  const { limit, outOfOrder } = flags
  const { redriven, unreadable } = await changeLetters(chooseDataDir(flags.dataDir), (changes) =>
    changes.redrive(filter, { outOfOrder, limit }),
  )
  if (flags.json) print({ redriven, unreadable })
  else {
    const stays = unreadable === 0 ? '' : `; ${unreadable} stand for records that cannot be read, and stay`
    process.stdout.write(`redriven: ${redriven}${stays}${redriven === 0 ? nothingFound : ''}\n`)
  }
}

export async function deadDrop(flags: DeadChangeFlags): Promise<void> {
  const filter = filterOf('drop', flags)
  const { dropped, records } = await changeLetters(chooseDataDir(flags.dataDir), (changes) =>
    changes.drop(filter, flags.limit),
  )
  if (flags.json) print({ dropped, records })
  else {
    const counted = records === dropped ? '' : `, which stand for ${records} records`
    process.stdout.write(`dropped: ${dropped}${counted}${dropped === 0 ? nothingFound : ''}\n`)
  }
}

const nothingFound = ' (no such letters now; see millrace dead list)'

/** Several ids are one change: whether letters keep their order depends on all that go. */
function filterOf(action: string, { ids, filter, all }: DeadChangeFlags): LetterFilter {
  if (ids.length > 0) return { ...filter, ids }
  const isEmpty = Object.values(filter).every((value) => value === undefined)
  if (isEmpty && !all) {
    throw new MillraceError('USAGE', `Which letters to ${action} is not said.`, {
      next: 'Give ids, --stage, --code or --key, or --all.',
    })
  }
  return filter
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
