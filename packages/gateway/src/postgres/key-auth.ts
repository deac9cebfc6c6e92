/** Who may come in over the Postgres wire: the owners of access keys, and where signatures are not verified anybody. */
import type { Authenticator } from '../auth/authenticator.ts'
import { lakeAccess } from '../auth/lake-access.ts'
import type { PostgresAuth } from './postgres-port.ts'

export function keyAuth(authenticator: Authenticator): PostgresAuth {
  return {
    user(name) {
      const key = authenticator.lastingKey(name)
      const user = key === undefined ? undefined : { access: lakeAccess(key.policy) }
      // As with signatures: a key that is known acts under its policy, everybody else may do everything.
      if (authenticator.mode !== 'verify') return { kind: 'trusted', user: user ?? { access: undefined } }
      return { kind: 'scram', secret: key?.secret, user }
    },
  }
}
