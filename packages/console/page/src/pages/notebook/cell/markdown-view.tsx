/** Markdown as elements: the tree of model/markdown.ts, so that a text stays text. */
import { createElement, type ReactNode } from 'react'
import { Link } from '../../../kit/router.ts'
import { type Block, type Inline, parseMarkdown } from '../model/markdown.ts'

export function MarkdownView({ text }: { readonly text: string }) {
  return <div className="markdown">{parseMarkdown(text).map(blockOf)}</div>
}

/** Neighbours are told apart by their places: the tree is made anew whenever the text changes. */
function blockOf(block: Block, key: number): ReactNode {
  switch (block.kind) {
    case 'heading':
      // The page's own title is the first level.
      return createElement(`h${block.level + 1}`, { key }, block.inlines.map(inlineOf))
    case 'paragraph':
      return <p key={key}>{block.inlines.map(inlineOf)}</p>
    case 'code':
      return (
        <pre key={key}>
          <code>{block.text}</code>
        </pre>
      )
    case 'list':
      return createElement(
        block.isOrdered ? 'ol' : 'ul',
        { key },
        block.items.map(({ inlines, blocks }, i) =>
          createElement('li', { key: i }, inlines.map(inlineOf), blocks.map(blockOf)),
        ),
      )
  }
}

function inlineOf(inline: Inline, key: number): ReactNode {
  switch (inline.kind) {
    case 'text':
      return inline.text
    case 'code':
      return <code key={key}>{inline.text}</code>
    case 'strong':
      return <strong key={key}>{inline.inlines.map(inlineOf)}</strong>
    case 'emphasis':
      return <em key={key}>{inline.inlines.map(inlineOf)}</em>
    case 'link':
      return inline.href.startsWith('/console/') ? (
        <Link key={key} href={inline.href}>
          {inline.inlines.map(inlineOf)}
        </Link>
      ) : (
        <a key={key} href={inline.href} target="_blank" rel="noreferrer noopener">
          {inline.inlines.map(inlineOf)}
        </a>
      )
  }
}
