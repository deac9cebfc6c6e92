/** The package `mysql2`: connections and every way to sign in. Loaded when the first database is opened. */
import { loadOptional } from '@millrace/values'
import { CdcError } from '../../errors.ts'

export type MysqlDriver = typeof import('mysql2')

/** Error: CDC_DRIVER_MISSING. */
export function loadMysqlDriver(user = 'A MySQL or MariaDB source'): Promise<MysqlDriver> {
  return loadOptional(
    'mysql2',
    async () => {
      const module = await import('mysql2')
      // A CommonJS package: what it exports stands under `default` for names that Node does not find by itself.
      return module.default ?? module
    },
    (cause) => {
      const message = `${user} needs the package mysql2, which is not installed. Run: npm install mysql2`
      return new CdcError('CDC_DRIVER_MISSING', message, { cause })
    },
  )
}
