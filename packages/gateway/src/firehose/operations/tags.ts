/** Tags: keys with or without a value, 50 at most. */
import { invalidArgument, limitExceeded } from '../faults.ts'
import type { FirehoseOperation } from '../firehose-operation.ts'
import { TAGS_MAX, type Tag } from '../shapes/input-shapes.ts'

export const tagDeliveryStream: FirehoseOperation<'TagDeliveryStream'> = (input, { caller }, { streams }) => {
  const found = streams.changeable(input.DeliveryStreamName, caller, 'TagDeliveryStream')
  const tags = mergeTags(found.notes.tags ?? [], input.Tags)
  streams.annotate(found, { ...found.notes, tags })
  return {}
}

export const untagDeliveryStream: FirehoseOperation<'UntagDeliveryStream'> = (
  input,
  { caller },
  { streams },
) => {
  const found = streams.changeable(input.DeliveryStreamName, caller, 'UntagDeliveryStream')
  const tags = (found.notes.tags ?? []).filter(({ Key }) => !input.TagKeys.includes(Key))
  streams.annotate(found, { ...found.notes, tags })
  return {}
}

export const listTagsForDeliveryStream: FirehoseOperation<'ListTagsForDeliveryStream'> = (
  input,
  { caller },
  { streams },
) => {
  const { notes } = streams.find(input.DeliveryStreamName, caller, 'ListTagsForDeliveryStream')
  const { ExclusiveStartTagKey: after, Limit = TAGS_MAX } = input
  const tags = (notes.tags ?? []).filter(({ Key }) => after === undefined || Key > after)
  return { Tags: tags.slice(0, Limit), HasMoreTags: tags.length > Limit }
}

/** In order of the keys. Errors: InvalidArgumentException, LimitExceededException. */
export function mergeTags(present: readonly Tag[], added: readonly Tag[]): Tag[] {
  if (new Set(added.map(({ Key }) => Key)).size < added.length) {
    throw invalidArgument('Tags has a key twice; each key may be given once.')
  }
  const merged = new Map([...present, ...added].map((tag) => [tag.Key, tag]))
  if (merged.size > TAGS_MAX) {
    throw limitExceeded(`A Firehose stream may have ${TAGS_MAX} tags, not ${merged.size}.`)
  }
  return [...merged.values()].sort((a, b) => (a.Key < b.Key ? -1 : 1))
}
