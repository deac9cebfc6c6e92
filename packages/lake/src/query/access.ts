/**
 * The port that decides what somebody may read of the lake. Who serves SQL to callers with names of their own (the Postgres wire,
 * REST) makes one for each caller, over the policies of access keys; who serves the owner of the process uses `fullAccess`.
 *
 * Duties of a query: every table that it reads, also below a view, is asked for by its bucket and location before any file of it
 * is opened; what the answer denies is LAKE_QUERY_REFUSED, in the same words whether the table exists or not.
 */
export interface LakeAccess {
  /** All objects whose keys begin with the prefix, like `sales/orders/`; the empty prefix is the whole bucket. */
  mayRead(bucket: string, prefix: string): boolean
}

export const fullAccess: LakeAccess = { mayRead: () => true }
