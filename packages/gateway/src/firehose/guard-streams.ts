/** Keeps clients from deleting or resharding the streams in which deliveries hold records until they are stored. */
import type { DeliveryDirectory } from '@millrace/lake'
import type { StreamGuard } from '../kinesis/streams/kinesis-streams.ts'

/** What `guard` says comes first. */
export function guardStreams(
  directory: Pick<DeliveryDirectory, 'get' | 'ownStreams'>,
  guard: StreamGuard | undefined,
): StreamGuard {
  const owner = (stream: string): string | undefined => {
    // Names of a delivery's own streams begin with its name and a dot.
    for (let dot = stream.lastIndexOf('.'); dot > 0; dot = stream.lastIndexOf('.', dot - 1)) {
      const name = stream.slice(0, dot)
      if (directory.get(name) !== undefined && directory.ownStreams(name).includes(stream)) return name
    }
    return undefined
  }
  const refuse = (stream: string): string | undefined => {
    const name = owner(stream)
    return name === undefined
      ? undefined
      : `Stream ${stream} holds records of Firehose ${name} until they are delivered; delete that instead.`
  }
  return {
    mayDelete: (stream) => guard?.mayDelete(stream) ?? refuse(stream),
    mayReshard: (stream) => guard?.mayReshard(stream) ?? refuse(stream),
  }
}
