/** Opens a MySQL or MariaDB as a database that changes are captured from: reads the options, connects, asks what the server is. */
import { CdcError } from '../../errors.ts'
import { ControlSession } from '../connection/control-session.ts'
import { parseMysqlUrl } from '../connection/mysql-address.ts'
import { MysqlServers } from '../connection/mysql-servers.ts'
import type { MysqlOptions, OpenMysql } from '../mysql-options.ts'
import { readServerFacts } from '../schema/server-facts.ts'
import { MysqlDatabase } from './mysql-database.ts'

/** Throws CDC_OPTION, CDC_URL, CDC_DRIVER_MISSING, CDC_CONNECT. */
export const openMysql: OpenMysql = async (options, context) => {
  const { serverId, connectTimeoutMs } = readOptions(options)
  const addresses = [options.url, ...(options.failover ?? [])].map(parseMysqlUrl)
  const servers = new MysqlServers(addresses, connectTimeoutMs === undefined ? {} : { connectTimeoutMs })
  const control = new ControlSession(servers, context.signal)
  try {
    const facts = await control.ask(readServerFacts)
    return new MysqlDatabase({ servers, control, facts, context, serverId })
  } catch (cause) {
    await control.close()
    throw cause
  }
}

function readOptions({ serverId, connectTimeoutMs, failover }: MysqlOptions) {
  requireInteger('serverId', serverId, 1, 0xffff_ffff)
  requireInteger('connectTimeoutMs', connectTimeoutMs, 1, 3_600_000)
  if (failover !== undefined && !Array.isArray(failover)) {
    throw new CdcError(
      'CDC_OPTION',
      'failover is a list of addresses such as ["mysql://user:password@host:3306/"].',
    )
  }
  return { serverId, connectTimeoutMs }
}

function requireInteger(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return
  throw new CdcError('CDC_OPTION', `${name} is ${value}; allowed are whole numbers from ${min} to ${max}.`)
}
