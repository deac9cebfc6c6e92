/**
 * The dead letters of a data directory over HTTP: what `millrace dead` calls while an app runs, and a console may call.
 * docs/dead-letters.md describes each page. Lists leave payloads out, which may be large; a letter is shown whole.
 */
import { AdminProblem, type AdminRequest, adminRoute, kinesisSequences, type Routes } from '@millrace/gateway'
import { causeOf, type DeadLetter, DeadLetters, type LetterFilter, type LetterPlace } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import { tellCaller } from './tell-caller.ts'

export const deadLetterPath = '/admin/dead-letters'

const limitDefault = 100
const limitMax = 1_000
const previewLength = 200
/** Letters that are grouped by cause, which takes some 20 us each, with turns for others between. */
const groupedMax = 50_000
const filterNames = ['stage', 'code', 'key', 'id', 'cause', 'text'] as const

export function deadLetterRoutes(store: Store): Routes {
  const letters = new DeadLetters(store)
  const list = async ({ query }: AdminRequest) => {
    const after = placeOf(query.get('after'))
    const page = await letters.list(queryFilter(query), {
      limit: limitOf(query.get('limit')),
      ...(after === undefined ? {} : { after }),
    })
    return { letters: page.letters.map(summary), next: page.next === undefined ? null : tokenOf(page.next) }
  }
  const show = ({ query }: AdminRequest) => {
    const stage = query.get('stage') ?? undefined
    const letter = letters.show(needed('id', query.get('id')), stage)
    return { letter, cause: causeOf(letter), sequenceNumber: sequenceNumberOf(store, letter) }
  }
  const edit = ({ body }: AdminRequest) => {
    const lastTime = optionalText(body, 'lastTime')
    const place = { stage: needed('stage', body.stage), id: needed('id', body.id) }
    const data = payloadOf(body)
    return { letter: letters.edit(place, lastTime === undefined ? { data } : { data, lastTime }) }
  }
  const redrive = ({ body }: AdminRequest) => {
    const limit = limitIn(body)
    return letters.redrive(bodyFilter(body), {
      outOfOrder: body.outOfOrder === true,
      ...(limit === undefined ? {} : { limit }),
    })
  }
  const drop = ({ body }: AdminRequest) => letters.drop(bodyFilter(body), limitIn(body))
  const redriven = ({ query }: AdminRequest) => {
    const [from, to, shard] = [sequenceOf(query, 'from'), sequenceOf(query, 'to'), sequenceOf(query, 'shard')]
    return letters.outcomes({
      stage: needed('stage', query.get('stage')),
      limit: limitOf(query.get('limit')),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(shard === undefined ? {} : { shard }),
    })
  }
  return new Map([
    [deadLetterPath, adminRoute('millrace:ListDeadLetters', told(list))],
    [
      `${deadLetterPath}/causes`,
      adminRoute(
        'millrace:ListDeadLetters',
        told(({ query }) => letters.groups(queryFilter(query), groupedMax)),
      ),
    ],
    [
      `${deadLetterPath}/counts`,
      adminRoute(
        'millrace:ListDeadLetters',
        told(() => ({ stages: letters.counts() })),
      ),
    ],
    [`${deadLetterPath}/redriven`, adminRoute('millrace:ListDeadLetters', told(redriven))],
    [`${deadLetterPath}/letter`, adminRoute('millrace:GetDeadLetter', told(show))],
    [`POST ${deadLetterPath}/edit`, adminRoute('millrace:EditDeadLetter', told(edit))],
    [`POST ${deadLetterPath}/redrive`, adminRoute('millrace:RedriveDeadLetters', told(redrive))],
    [`POST ${deadLetterPath}/drop`, adminRoute('millrace:DropDeadLetters', told(drop))],
  ])
}

/** Of the record, as clients of its stream have it; null where the stream holds it no more. */
function sequenceNumberOf(store: Store, letter: DeadLetter): string | null {
  const { stream: name, shard, sequence, arrivalTime } = letter
  const stream = name === undefined ? undefined : store.stream(name)
  if (stream === undefined || shard === undefined || sequence === undefined || arrivalTime === undefined)
    return null
  const info = stream.shardInfos[shard]
  if (info === undefined || sequence < info.oldest || sequence >= info.next) return null
  return kinesisSequences.format(stream, shard, sequence, arrivalTime)
}

/** A letter without what may be large. */
export function summary(letter: DeadLetter) {
  const { data, text, original, failures, error, ...rest } = letter
  const { stack, ...short } = error
  return {
    ...rest,
    error: short,
    ...(text === undefined ? {} : { preview: text.slice(0, previewLength) }),
    isEdited: original !== undefined,
    cause: causeOf(letter),
  }
}

const told = tellCaller((code) => {
  if (!code.startsWith('DEAD_LETTER_')) return undefined
  return code === 'DEAD_LETTER_UNKNOWN' ? 404 : 409
})

function queryFilter(query: URLSearchParams): LetterFilter {
  const filter: { [name in (typeof filterNames)[number]]?: string } = {}
  for (const name of filterNames) {
    const value = query.get(name)
    if (value !== null) filter[name] = value
  }
  return filter
}

/** A change of everything has to be meant. */
function bodyFilter(body: AdminRequest['body']): LetterFilter {
  const filter: { [name in (typeof filterNames)[number]]?: string } = {}
  for (const name of filterNames) {
    const value = optionalText(body, name)
    if (value !== undefined) filter[name] = value
  }
  const { ids } = body
  if (ids !== undefined) return { ...filter, ids: idsOf(ids) }
  if (Object.keys(filter).length > 0 || body.all === true) return filter
  throw new AdminProblem(
    'FILTER_MISSING',
    `Say which: ${filterNames.map((name) => `"${name}"`).join(', ')}, or "all": true.`,
  )
}

function idsOf(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.length > 0 && value.every((id) => typeof id === 'string')) return value
  throw new AdminProblem('VALUE_INVALID', '"ids" has to be a list of texts.')
}

function payloadOf(body: AdminRequest['body']): Uint8Array {
  const { data, text } = body
  if (typeof text === 'string' && data === undefined) return Buffer.from(text, 'utf8')
  if (typeof data === 'string' && text === undefined && /^[A-Za-z0-9+/]*={0,2}$/.test(data))
    return Buffer.from(data, 'base64')
  throw new AdminProblem('PAYLOAD_MISSING', 'Give the new payload: "data" (base64) or "text", one of them.')
}

function needed(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new AdminProblem('VALUE_MISSING', `"${name}" is needed, as a text.`)
}

function optionalText(body: AdminRequest['body'], name: string): string | undefined {
  const value = body[name]
  if (value === undefined || typeof value === 'string') return value
  throw new AdminProblem('VALUE_INVALID', `"${name}" has to be a text.`)
}

function limitOf(text: string | null): number {
  const limit = text === null ? limitDefault : Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= limitMax) return limit
  throw new AdminProblem('VALUE_INVALID', `"limit" has to be 1 to ${limitMax}.`)
}

function sequenceOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new AdminProblem('VALUE_INVALID', `"${name}" has to be an integer of at least 0.`)
}

function limitIn({ limit }: AdminRequest['body']): number | undefined {
  if (limit === undefined || (Number.isInteger(limit) && Number(limit) >= 1))
    return limit as number | undefined
  throw new AdminProblem('VALUE_INVALID', '"limit" has to be an integer of at least 1.')
}

function tokenOf({ stage, id }: LetterPlace): string {
  return Buffer.from(JSON.stringify([stage, id])).toString('base64url')
}

function placeOf(token: string | null): LetterPlace | undefined {
  if (token === null) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (Array.isArray(value)) return { stage: needed('after', value[0]), id: needed('after', value[1]) }
  } catch {
    // Told below.
  }
  throw new AdminProblem('VALUE_INVALID', '"after" has to be what "next" of the page before was.')
}
