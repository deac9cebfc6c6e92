/**
 * A case of the black-box tests of a service: one call of one operation, what has to be there before, and how it has to end. Inputs
 * and outputs are in the form of the wire (binaries are base64 text, times are seconds), whatever the client.
 */
import type { Members, Signer } from './client.ts'

export interface ServiceCase<World> {
  readonly operation: string
  /** Completes "<operation> ..." or "<operation> fails ...". */
  readonly name: string
  /** The type of the error that the call ends with; absent: it succeeds. */
  readonly error?: string
  /** HTTP status of the error: 400 unless given. */
  readonly status?: number
  readonly message?: RegExp
  /** Default owner. */
  readonly signer?: Signer
  /** Only for clients that send what no library would. */
  readonly isPlain?: boolean
  input(world: World): Members | Promise<Members>
  check?(output: Members, world: World, input: Members): void | Promise<void>
}

export function serviceCaseTitle({ name, error }: Pick<ServiceCase<never>, 'name' | 'error'>): string {
  return error === undefined ? name : `fails ${name}: ${error}`
}

/** What is refused alike for every operation, made from the cases of success. `withoutRight`: those that ask for no right. */
export function refusals<World>(
  own: readonly ServiceCase<World>[],
  withoutRight: readonly string[] = [],
): ServiceCase<World>[] {
  return [...new Set(own.map(({ operation }) => operation))].flatMap((operation): ServiceCase<World>[] => {
    const call = own.find((each) => each.operation === operation && each.error === undefined)
    if (call === undefined) throw new Error(`${operation} has no case of success`)
    const { input } = call
    const unknown: ServiceCase<World> = {
      operation,
      name: 'with a key that is not known',
      error: 'UnrecognizedClientException',
      signer: 'unknown',
      input,
    }
    if (withoutRight.includes(operation)) return [unknown]
    const denied: ServiceCase<World> = {
      operation,
      name: 'with a key that allows nothing',
      error: 'AccessDeniedException',
      signer: 'denied',
      input,
    }
    return [denied, unknown]
  })
}
