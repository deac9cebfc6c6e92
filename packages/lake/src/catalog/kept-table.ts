/** The managed table with the rows of a view that is refreshed: beside the view, and in its database. */
export function keptTableName(view: string): string {
  return `${view}__kept`
}
