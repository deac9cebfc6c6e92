/** Words and addresses of letters. */
import { durationText } from '../../kit/numbers.ts'
import { hrefOf } from '../../kit/router.ts'

/** A place as people write it: payments/0/12. */
export function shortId(id: string): string {
  return id.replace(/\/0*(\d+)\/0*(\d+)$/, '/$1/$2')
}

/** FILE:LINE without the folders. */
export function shortPlace(place: string): string {
  return place.slice(place.lastIndexOf('/') + 1)
}

/** A message without the code that it may begin with, which stands beside it. */
export function withoutCode(code: string, message: string): string {
  return message.startsWith(`${code} `) || message.startsWith(`${code}:`)
    ? message.slice(code.length + 1).trimStart()
    : message
}

export function stageHref(stage: string): string {
  return hrefOf(['pipeline', stage])
}

/** Where a record stood in its stream; of one that is there no more, the stream. */
export function streamHref(stream: string, sequenceNumber: string | null): string {
  return hrefOf(['streams', stream], sequenceNumber === null ? {} : { tab: 'records', at: sequenceNumber })
}

/** Lines of a stack; those in code of the app's author are told apart from Node's, dependencies' and Millrace's own. */
export function stackLines(stack: string): readonly { readonly text: string; readonly isTheirs: boolean }[] {
  return stack.split('\n').map((text) => ({
    text,
    isTheirs:
      /^\s+at /.test(text) &&
      !/node:|\/node_modules\/|\/packages\/[^/]+\/dist\/|native|<anonymous>/.test(text),
  }))
}

export function timeText(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')
}

/** How long ago; `now` in ms. */
export function agoText(iso: string, now: number): string {
  const ms = now - Date.parse(iso)
  if (ms < 5_000) return 'just now'
  return ms < 60_000 ? `${Math.round(ms / 1_000)} s ago` : `${durationText(ms)} ago`
}

export function countWords(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
