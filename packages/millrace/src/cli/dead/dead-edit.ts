/**
 * `millrace dead edit`: replaces the payload of one dead letter, by a text, a file, or what the editor of the user makes of it. The
 * letter remembers the payload that the record came with. Nothing is redriven.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type DeadLetter, DeadLetters } from '@millrace/runtime'
import { MillraceError, messageOf } from '../../error.ts'
import { chooseDataDir, openToRead } from '../data-directory.ts'
import { changeLetters } from './letter-changes.ts'
import { shortId } from './letter-text.ts'

export interface DeadEditFlags {
  readonly stage: string | undefined
  readonly data: string | undefined
  readonly file: string | undefined
  readonly json: boolean
  readonly dataDir: string | undefined
}

export async function deadEdit(id: string, flags: DeadEditFlags): Promise<void> {
  if (flags.data !== undefined && flags.file !== undefined)
    throw new MillraceError('USAGE', '--data and --file are both given.', { next: 'Give one of them.' })
  const dir = chooseDataDir(flags.dataDir)
  const letter = await find(dir, id, flags.stage)
  const before = Buffer.from(letter.data ?? '', 'base64')
  const { data, file } = newPayload(letter, before, flags)
  const isSame = data.equals(before)
  try {
    if (!isSame)
      await changeLetters(dir, (changes) => changes.edit(letter, { data, lastTime: letter.lastTime }))
    if (file !== undefined) rmSync(dirname(file), { recursive: true, force: true })
  } catch (error) {
    // Work of a person is not thrown away with what refused it.
    if (file !== undefined)
      process.stderr.write(`what you wrote is kept: mend it there and give it with --file ${file}\n`)
    throw error
  }
  const { stage } = letter
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ stage, id: letter.id, changed: !isSame, bytes: data.length })}\n`
      : `${isSame ? 'unchanged' : 'edited'}: ${shortId(letter.id)} of ${stage}${
          isSame ? '' : `, ${data.length} bytes; millrace dead redrive ${shortId(letter.id)} --stage ${stage}`
        }\n`,
  )
}

async function find(dir: string, id: string, stage: string | undefined): Promise<DeadLetter> {
  const store = await openToRead(dir)
  try {
    return new DeadLetters(store).show(id, stage)
  } finally {
    await store.close()
  }
}

interface NewPayload {
  readonly data: Buffer
  /** What the editor has written, in a folder of its own. */
  readonly file?: string
}

function newPayload(letter: DeadLetter, before: Buffer, { data, file }: DeadEditFlags): NewPayload {
  if (data !== undefined) return { data: Buffer.from(data, 'utf8') }
  if (file !== undefined) return { data: readInput(file) }
  const editor = process.env.VISUAL || process.env.EDITOR
  if (editor === undefined || editor === '') {
    throw new MillraceError('USAGE', 'There is no editor: neither VISUAL nor EDITOR is set.', {
      next: 'Set one, or give the new payload with --data TEXT or --file FILE (- for standard input).',
    })
  }
  return withEditor(editor, letter, before)
}

function readInput(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    throw new MillraceError('INPUT_FAILED', `${file} cannot be read: ${messageOf(error)}.`, { cause: error })
  }
}

/** The editor, which may be a command with arguments, gets the payload as a file of its own: JSON spread over lines. */
function withEditor(editor: string, letter: DeadLetter, before: Buffer): NewPayload {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-dead-'))
  const spread = letter.text === undefined ? undefined : spreadJson(letter.text)
  const file = join(folder, spread === undefined ? 'payload' : 'payload.json')
  const given = spread === undefined ? before : Buffer.from(spread)
  try {
    writeFileSync(file, given, { mode: 0o600 })
    const ended = spawnSync(`${editor} "$0"`, [file], { shell: '/bin/sh', stdio: 'inherit' })
    if (ended.status !== 0) {
      const how = ended.status ?? ended.signal ?? messageOf(ended.error)
      throw new MillraceError('USAGE', `The editor ${JSON.stringify(editor)} ended with ${how}.`, {
        next: 'Nothing was changed.',
      })
    }
    const after = readFileSync(file)
    if (after.equals(given)) return { data: before, file }
    return { data: spread === undefined ? after : Buffer.from(onOneLine(after.toString('utf8'))), file }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** Undefined where writing the parsed text again would change it: large numbers lose digits, keys that come twice vanish. */
function spreadJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text ? `${JSON.stringify(value, undefined, 2)}\n` : undefined
  } catch {
    return undefined
  }
}

/** As it is where it is no JSON, which the edit refuses with the reason, or where numbers would lose digits. */
function onOneLine(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return /[\d.]{16,}|\d[eE]/.test(text) ? text.trim() : JSON.stringify(value)
  } catch {
    return text
  }
}
