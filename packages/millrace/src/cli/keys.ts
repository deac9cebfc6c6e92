/**
 * `millrace keys`: access keys of the gateway of a data directory. They are in a file beside the data, so that they can be
 * changed while a server runs, and made before its first start.
 */
import { resolve } from 'node:path'
import { createAccessKey, listAccessKeys, type PolicyStatement, revokeAccessKey } from '@millrace/gateway'
import { systemClock } from '@millrace/values'
import { MillraceError } from '../error.ts'
import { serveDataDir } from './data-directory.ts'

interface Place {
  readonly dataDir: string | undefined
}

export interface CreateKeyFlags extends Place {
  readonly account: string | undefined
  /** ACTIONS:STREAMS each. */
  readonly allow: readonly string[]
  readonly note: string | undefined
  readonly json: boolean
}

export function createKey(flags: CreateKeyFlags): void {
  const { account, note } = flags
  const policy = flags.allow.map(statementOf)
  const directory = directoryOf(flags)
  const key = createAccessKey({
    directory,
    clock: systemClock,
    ...(account === undefined ? {} : { account }),
    ...(note === undefined ? {} : { note }),
    ...(policy.length === 0 ? {} : { policy }),
  })
  if (flags.json) {
    const { id, secret, createdAt } = key
    process.stdout.write(
      `${JSON.stringify({ accessKeyId: id, secretAccessKey: secret, account: key.account, policy: key.policy, createdAt: new Date(createdAt).toISOString() })}\n`,
    )
    return
  }
  process.stdout.write(`export AWS_ACCESS_KEY_ID=${key.id}\nexport AWS_SECRET_ACCESS_KEY=${key.secret}\n`)
  process.stderr.write(`kept in ${directory}; the secret is not shown again\n`)
}

export function listKeys(flags: Place & { readonly json: boolean }): void {
  const keys = listAccessKeys(directoryOf(flags))
  if (flags.json) {
    for (const { id, createdAt, ...rest } of keys)
      process.stdout.write(
        `${JSON.stringify({ accessKeyId: id, ...rest, createdAt: new Date(createdAt).toISOString() })}\n`,
      )
    return
  }
  if (keys.length === 0) process.stdout.write('no access keys; make one with: millrace keys create\n')
  for (const { id, status, account, createdAt, policy, note } of keys) {
    const may = policy.map(({ allow, streams }) => `${allow.join(',')}:${streams.join(',')}`).join(' ')
    const words = [id, status.padEnd(7), account, new Date(createdAt).toISOString(), may, note ?? '']
    process.stdout.write(`${words.join('  ').trimEnd()}\n`)
  }
}

export function revokeKey(id: string, flags: Place): void {
  revokeAccessKey(directoryOf(flags), id)
  process.stderr.write(`${id} is refused from now on; a running server notices within a second\n`)
}

function directoryOf({ dataDir }: Place): string {
  return dataDir === undefined ? serveDataDir() : resolve(dataDir)
}

/** `kinesis:Put*,kinesis:Describe*:clicks-*`: actions hold one colon each, so the last one ends them. */
function statementOf(text: string): PolicyStatement {
  const end = text.lastIndexOf(':')
  const allow = text.slice(0, Math.max(end, 0)).split(',')
  const streams = text.slice(end + 1).split(',')
  if (
    end > 0 &&
    allow.every((each) => each === '*' || /^[a-z]+:./i.test(each)) &&
    streams.every((each) => each !== '')
  )
    return { allow, streams }
  throw new MillraceError('USAGE', `--allow is ${JSON.stringify(text)}.`, {
    next: "Allowed: ACTIONS:STREAMS, for example 'kinesis:Put*:clicks-*' or '*:orders'.",
  })
}
