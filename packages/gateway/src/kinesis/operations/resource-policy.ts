/** Put-, Get- and DeleteResourcePolicy: policies of streams and consumers are kept and given back, not evaluated. */
import { invalidArgument, mustBeReady, notFound } from '../streams/faults.ts'
import type { ControlOperation, ControlPlane } from './control-plane.ts'
import { type Resource, resolveResource } from './resource.ts'

const POLICY_CHARACTERS_MAX = 20_480

export const putResourcePolicy: ControlOperation<'PutResourcePolicy'> = (input, { caller }, plane) => {
  const resource = resolveResource(input.ResourceARN, caller, 'kinesis:PutResourcePolicy', plane)
  checkPolicy(input.Policy)
  setPolicy(resource, input.Policy, plane)
  return undefined
}

export const getResourcePolicy: ControlOperation<'GetResourcePolicy'> = (input, { caller }, plane) => {
  const resource = resolveResource(input.ResourceARN, caller, 'kinesis:GetResourcePolicy', plane)
  return { Policy: mustPolicy(resource, input.ResourceARN, plane) }
}

export const deleteResourcePolicy: ControlOperation<'DeleteResourcePolicy'> = (input, { caller }, plane) => {
  const resource = resolveResource(input.ResourceARN, caller, 'kinesis:DeleteResourcePolicy', plane)
  mustPolicy(resource, input.ResourceARN, plane)
  setPolicy(resource, undefined, plane)
  return undefined
}

function mustPolicy(resource: Resource, arn: string, { streams }: ControlPlane): string {
  const { policy } = resource.kind === 'stream' ? streams.storedOf(resource.stream) : resource.consumer.stored
  if (policy === undefined) throw notFound(`No resource policy found for resource ARN ${arn}`)
  return policy
}

function setPolicy(resource: Resource, policy: string | undefined, { streams }: ControlPlane): void {
  if (resource.kind === 'consumer') {
    streams.consumers.update(resource.consumer, { policy })
    return
  }
  mustBeReady(resource.stream)
  streams.update(resource.stream, { policy }, { isUpdate: false })
}

function checkPolicy(text: string): void {
  if (text.length > POLICY_CHARACTERS_MAX) {
    throw invalidArgument(
      `The policy has ${text.length} characters; allowed are up to ${POLICY_CHARACTERS_MAX}.`,
    )
  }
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch (error) {
    throw invalidArgument(`The policy is not JSON: ${(error as Error).message}`)
  }
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy) || !('Statement' in policy)) {
    throw invalidArgument('The policy has to be a JSON object with a Statement.')
  }
}
