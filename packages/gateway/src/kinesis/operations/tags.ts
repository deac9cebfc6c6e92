/** Tags of streams and consumers, by both families of operations. */
import type { Caller } from '../../wire/wire-service.ts'
import { invalidArgument, mustBeReady } from '../streams/faults.ts'
import type { ControlOperation, ControlPlane } from './control-plane.ts'
import { type Resource, resolveResource } from './resource.ts'

const TAGS_MAX = 50

type Tags = Readonly<Record<string, string>>

export const addTagsToStream: ControlOperation<'AddTagsToStream'> = (input, { caller }, { streams }) => {
  const stream = streams.resolve(input, caller, 'kinesis:AddTagsToStream')
  mustBeReady(stream)
  const present = stream.settings.tags
  checkTags({ present, added: input.Tags, kind: 'stream', name: stream.name, caller })
  const settings = { ...stream.settings, tags: { ...present, ...input.Tags } }
  streams.update(stream, { settings }, { isUpdate: false })
  return undefined
}

export const removeTagsFromStream: ControlOperation<'RemoveTagsFromStream'> = (
  input,
  { caller },
  { streams },
) => {
  const stream = streams.resolve(input, caller, 'kinesis:RemoveTagsFromStream')
  mustBeReady(stream)
  checkCharacters(input.TagKeys)
  const settings = { ...stream.settings, tags: without(stream.settings.tags, input.TagKeys) }
  streams.update(stream, { settings }, { isUpdate: false })
  return undefined
}

export const listTagsForStream: ControlOperation<'ListTagsForStream'> = (input, { caller }, { streams }) => {
  const { settings } = streams.resolve(input, caller, 'kinesis:ListTagsForStream')
  const after = input.ExclusiveStartTagKey
  const all = tagList(settings.tags).filter(({ Key }) => after === undefined || Key > after)
  const limit = input.Limit ?? TAGS_MAX
  return { Tags: all.slice(0, limit), HasMoreTags: all.length > limit }
}

export const tagResource: ControlOperation<'TagResource'> = (input, { caller }, plane) => {
  const resource = resolveResource(input.ResourceARN, caller, 'kinesis:TagResource', plane)
  const present = tagsOf(resource)
  checkTags({ present, added: input.Tags, kind: resource.kind, name: nameOf(resource), caller })
  putTags(resource, { ...present, ...input.Tags }, plane)
  return undefined
}

export const untagResource: ControlOperation<'UntagResource'> = (input, { caller }, plane) => {
  const resource = resolveResource(input.ResourceARN, caller, 'kinesis:UntagResource', plane)
  checkCharacters(input.TagKeys)
  putTags(resource, without(tagsOf(resource), input.TagKeys), plane)
  return undefined
}

export const listTagsForResource: ControlOperation<'ListTagsForResource'> = (input, { caller }, plane) => {
  const resource = resolveResource(input.ResourceARN, caller, 'kinesis:ListTagsForResource', plane)
  return { Tags: tagList(tagsOf(resource)) }
}

/** Errors: InvalidArgumentException. */
export function checkTags(tags: {
  present: Tags
  added: Tags
  kind: Resource['kind']
  name: string
  caller: Caller
}): void {
  const { present, added, kind, name, caller } = tags
  checkCharacters(Object.entries(added).flat())
  const reserved = Object.keys(added).find((key) => key.toLowerCase().startsWith('aws:'))
  if (reserved !== undefined) {
    throw invalidArgument(`Tag key ${reserved} is reserved: keys may not begin with aws:.`)
  }
  if (Object.keys({ ...present, ...added }).length > TAGS_MAX) {
    throw invalidArgument(
      `Failed to add tags to ${kind} ${name} under account ${caller.account} because a given ${kind} cannot ` +
        `have more than ${TAGS_MAX} tags associated with it.`,
    )
  }
}

function checkCharacters(texts: readonly string[]): void {
  if (texts.every((text) => /^[\p{L}\p{N}\p{Zs}_.:/=+\-%@]*$/u.test(text))) return
  throw invalidArgument(
    'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.',
  )
}

function nameOf(resource: Resource): string {
  return resource.kind === 'stream' ? resource.stream.name : resource.consumer.name
}

function tagsOf(resource: Resource): Tags {
  return resource.kind === 'stream' ? resource.stream.settings.tags : resource.consumer.stored.tags
}

function putTags(resource: Resource, tags: Tags, { streams }: ControlPlane): void {
  if (resource.kind === 'consumer') {
    streams.consumers.update(resource.consumer, { tags })
    return
  }
  const { stream } = resource
  mustBeReady(stream)
  streams.update(stream, { settings: { ...stream.settings, tags } }, { isUpdate: false })
}

function without(tags: Tags, keys: readonly string[]): Tags {
  const removed = new Set(keys)
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !removed.has(key)))
}

/** In order of the keys. */
function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags)
    .map(([Key, Value]) => ({ Key, Value }))
    .sort((a, b) => (a.Key < b.Key ? -1 : 1))
}
