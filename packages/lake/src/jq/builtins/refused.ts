/** Functions of jq that a query over one record cannot have, with the reason; and ways around. */

const oneRecord = 'a query sees one record at a time'
const noSurroundings = 'a query sees nothing of the machine that it runs on'

const reasons: Readonly<Record<string, string>> = {
  'input/0': oneRecord,
  'inputs/0': oneRecord,
  'input_line_number/0': oneRecord,
  'input_filename/0': oneRecord,
  'env/0': noSurroundings,
  $ENV: noSurroundings,
  'halt/0': 'a query cannot end the delivery; use error("...")',
  'halt_error/0': 'a query cannot end the delivery; use error("...")',
  'halt_error/1': 'a query cannot end the delivery; use error("...")',
  'debug/0': 'there is nowhere to print to',
  'debug/1': 'there is nowhere to print to',
  'stderr/0': 'there is nowhere to print to',
  'localtime/0': 'times are in UTC; use gmtime',
  'strflocaltime/1': 'times are in UTC; use strftime',
  'get_search_list/0': 'a query has no modules',
  'modulemeta/0': 'a query has no modules',
  'tostream/0': 'streaming forms are not supported',
  'fromstream/1': 'streaming forms are not supported',
  'truncate_stream/1': 'streaming forms are not supported',
  'truncate_stream/2': 'streaming forms are not supported',
}

export function refused(signature: string): string | undefined {
  const reason = reasons[signature]
  if (reason === undefined) return undefined
  return `${signature.split('/')[0]} is not allowed here: ${reason}`
}
