/**
 * The part of Markdown that cells of text have: headings, paragraphs, lists (also inside of each other), fenced code, and inside of
 * lines `code`, **strong**, *emphasis* and [links](https://...). It gives a tree, never HTML, so that a text cannot be more than
 * text; links go to https and to pages of the console, all others stay the text that they are.
 *
 * What is no markup is text: there is no wrong Markdown. Cost: O(text).
 */

export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3 | 4; readonly inlines: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly inlines: readonly Inline[] }
  | { readonly kind: 'code'; readonly language: string; readonly text: string }
  | { readonly kind: 'list'; readonly isOrdered: boolean; readonly items: readonly ListItem[] }

export interface ListItem {
  readonly inlines: readonly Inline[]
  readonly blocks: readonly Block[]
}

export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'emphasis'; readonly inlines: readonly Inline[] }
  | { readonly kind: 'link'; readonly href: string; readonly inlines: readonly Inline[] }

/** Lists and emphasis go this deep; deeper ones are text. */
const depthMax = 6

const listStart = /^( *)([-*+]|\d{1,9}[.)]) +(.*)$/

export function parseMarkdown(text: string): readonly Block[] {
  return blocksOf(text.replaceAll('\r\n', '\n').split('\n'), 0)
}

function blocksOf(lines: readonly string[], depth: number): readonly Block[] {
  const blocks: Block[] = []
  let paragraph: string[] = []
  const endParagraph = () => {
    if (paragraph.length > 0)
      blocks.push({
        kind: 'paragraph',
        inlines: parseInlines(paragraph.map((line) => line.trim()).join('\n')),
      })
    paragraph = []
  }
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!
    const heading = /^(#{1,4}) +(.+?)(?: +#+)?\s*$/.exec(line)
    const fence = /^```\s*([\w-]*)\s*$/.exec(line)
    const isList = listStart.test(line) && depth < depthMax
    if (heading === null && fence === null && !isList) {
      if (line.trim() === '') endParagraph()
      else paragraph.push(line)
      at++
      continue
    }
    endParagraph()
    if (heading !== null) {
      // The expression takes one to four of them.
      const level = heading[1]!.length as 1 | 2 | 3 | 4
      blocks.push({ kind: 'heading', level, inlines: parseInlines(heading[2]!) })
      at++
    } else if (fence !== null) {
      const end = lines.findIndex((later, i) => i > at && /^```\s*$/.test(later))
      const to = end < 0 ? lines.length : end
      blocks.push({ kind: 'code', language: fence[1]!, text: lines.slice(at + 1, to).join('\n') })
      at = to + 1
    } else {
      const { list, next } = listAt(lines, at, depth)
      blocks.push(list)
      at = next
    }
  }
  endParagraph()
  return blocks
}

/** Items of one kind at one indent; what is indented below an item is its own. */
function listAt(lines: readonly string[], from: number, depth: number): { list: Block; next: number } {
  const items: ListItem[] = []
  const first = listStart.exec(lines[from]!)!
  const indent = first[1]!.length
  const isOrdered = /\d/.test(first[2]!)
  let at = from
  while (at < lines.length) {
    const start = listStart.exec(lines[at]!)
    if (start === null || start[1]!.length !== indent || /\d/.test(start[2]!) !== isOrdered) break
    const inner: string[] = []
    let next = at + 1
    for (; next < lines.length; next++) {
      const line = lines[next]!
      const own = /^ */.exec(line)![0].length
      if (line.trim() === '') {
        // A blank line belongs to the item if what follows is indented, too.
        const after = lines[next + 1]
        if (after === undefined || !(/^ */.exec(after)![0].length > indent && after.trim() !== '')) break
      } else if (own <= indent) break
      inner.push(line.slice(Math.min(own, indent + 2)))
    }
    const firstBlock = inner.findIndex(
      (line) => line.trim() === '' || listStart.test(line) || /^```/.test(line),
    )
    const more = firstBlock < 0 ? inner : inner.slice(0, firstBlock)
    const text = [start[3]!, ...more.map((line) => line.trim())].join('\n')
    items.push({
      inlines: parseInlines(text),
      blocks: firstBlock < 0 ? [] : blocksOf(inner.slice(firstBlock), depth + 1),
    })
    at = next
  }
  return { list: { kind: 'list', isOrdered, items }, next: at }
}

export function parseInlines(text: string, depth = 0): readonly Inline[] {
  const inlines: Inline[] = []
  let plain = ''
  const endPlain = () => {
    if (plain !== '') inlines.push({ kind: 'text', text: plain })
    plain = ''
  }
  for (let at = 0; at < text.length; ) {
    const found = depth < depthMax ? inlineAt(text, at, depth) : undefined
    if (found === undefined) {
      plain += text[at]
      at++
      continue
    }
    endPlain()
    inlines.push(found.inline)
    at = found.next
  }
  endPlain()
  return inlines
}

/** Sticky, so that each is tried at one place; bounded, so that marks without an end do not read the whole text each. */
const marks = {
  code: /`([^`\n]{1,400})`/y,
  strong: /\*\*(?=[^\s*])((?:[^\n]{0,400}?)\S)\*\*(?!\*)/y,
  emphasis: /\*(?=[^\s*])([^\n*]{0,400}?[^\s*])\*(?!\*)/y,
  link: /\[([^\][\n]{1,400})\]\(([^()\s]{1,400})\)/y,
} as const

function inlineAt(text: string, at: number, depth: number): { inline: Inline; next: number } | undefined {
  const match = (mark: RegExp) => {
    mark.lastIndex = at
    return mark.exec(text)
  }
  const code = match(marks.code)
  if (code !== null) return { inline: { kind: 'code', text: code[1]! }, next: at + code[0].length }
  for (const kind of ['strong', 'emphasis'] as const) {
    const found = match(marks[kind])
    if (found !== null)
      return { inline: { kind, inlines: parseInlines(found[1]!, depth + 1) }, next: at + found[0].length }
  }
  const link = match(marks.link)
  if (link === null || !isSafeLink(link[2]!)) return undefined
  return {
    inline: { kind: 'link', href: link[2]!, inlines: parseInlines(link[1]!, depth + 1) },
    next: at + link[0].length,
  }
}

/** Another site by https, or a page of this console; nothing that runs something. */
export function isSafeLink(href: string): boolean {
  return /^https:\/\/[^/\\@]+(?:[/?#]|$)/.test(href) || /^\/console\/(?!.*(?:\\|\.\.))/.test(href)
}
