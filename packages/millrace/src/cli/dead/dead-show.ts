/** `millrace dead show`: one dead letter whole, as text or JSON, or its payload alone. */
import { DeadLetters } from '@millrace/runtime'
import { chooseDataDir, openToRead } from '../data-directory.ts'
import { LineOutput } from '../output.ts'
import { letterText } from './letter-text.ts'

export interface DeadShowFlags {
  readonly stage: string | undefined
  /** Print the payload's bytes and nothing else. */
  readonly data: boolean
  readonly json: boolean
  readonly dataDir: string | undefined
}

export async function deadShow(id: string, flags: DeadShowFlags): Promise<void> {
  const store = await openToRead(chooseDataDir(flags.dataDir))
  try {
    const letter = new DeadLetters(store).show(id, flags.stage)
    const output = new LineOutput()
    if (flags.data) await output.bytes(Buffer.from(letter.data ?? '', 'base64'))
    else if (flags.json) await output.line(Buffer.from(JSON.stringify(letter)))
    else await output.bytes(Buffer.from(letterText(letter, process.stdout.isTTY === true)))
    await output.flush()
  } finally {
    await store.close()
  }
}
