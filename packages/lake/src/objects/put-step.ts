/**
 * The moments of a put at which a process may be killed, for tests that kill: a store that was given a hook calls it at each of
 * them, in this order, and waits for it. What the hook throws ends the put there and then, without clearing up, as a kill would.
 *   begin     nothing has been written
 *   written   all bytes are down, the object is not visible yet
 *   visible   the object is there; whoever put it has not been told
 */
export type PutStep = 'begin' | 'written' | 'visible'

export type OnPutStep = (step: PutStep, key: string) => void | Promise<void>
