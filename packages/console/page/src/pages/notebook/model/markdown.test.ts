import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { type Block, type Inline, isSafeLink, parseInlines, parseMarkdown } from './markdown.ts'

const text = (value: string): Inline => ({ kind: 'text', text: value })

test('blocks', () => {
  expect(
    parseMarkdown('# Sensors\n\nTwo lines\nof a paragraph.\n\n```sql\nSELECT 1\n\n# no heading\n```\nend'),
  ).toEqual([
    { kind: 'heading', level: 1, inlines: [text('Sensors')] },
    { kind: 'paragraph', inlines: [text('Two lines\nof a paragraph.')] },
    { kind: 'code', language: 'sql', text: 'SELECT 1\n\n# no heading' },
    { kind: 'paragraph', inlines: [text('end')] },
  ])
})

test('lists inside of lists', () => {
  expect(parseMarkdown('- a\n  more\n  1. b\n  2. c\n- d\n\nend')).toEqual([
    {
      kind: 'list',
      isOrdered: false,
      items: [
        {
          inlines: [text('a\nmore')],
          blocks: [
            {
              kind: 'list',
              isOrdered: true,
              items: [
                { inlines: [text('b')], blocks: [] },
                { inlines: [text('c')], blocks: [] },
              ],
            },
          ],
        },
        { inlines: [text('d')], blocks: [] },
      ],
    },
    { kind: 'paragraph', inlines: [text('end')] },
  ])
})

test('inside of lines', () => {
  expect(parseInlines('see `a*b*`, **strong *and* x**, [the *docs*](https://example.com/a)!')).toEqual([
    text('see '),
    { kind: 'code', text: 'a*b*' },
    text(', '),
    { kind: 'strong', inlines: [text('strong '), { kind: 'emphasis', inlines: [text('and')] }, text(' x')] },
    text(', '),
    {
      kind: 'link',
      href: 'https://example.com/a',
      inlines: [text('the '), { kind: 'emphasis', inlines: [text('docs')] }],
    },
    text('!'),
  ])
})

test('links lead to https and to the console, nowhere else', () => {
  for (const href of ['https://example.com', 'https://example.com/a?b#c', '/console/streams/orders'])
    expect(isSafeLink(href), href).toBe(true)
  for (const href of [
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,x',
    'http://example.com',
    '//example.com',
    '/admin/stop',
    '/console/../admin/stop',
    'https://user@example.com/',
    'https:\\\\example.com',
    ' https://example.com',
  ])
    expect(isSafeLink(href), href).toBe(false)
  expect(parseInlines('[x](javascript:alert)')).toEqual([text('[x](javascript:alert)')])
})

test('whatever the text is, nothing of it is lost but marks and spaces, and every link is safe', () => {
  const pieces = [
    '# ',
    '- ',
    '  - ',
    '1. ',
    '```',
    '`',
    '**',
    '*',
    '[',
    '](',
    ')',
    '\n',
    '\n\n',
    ' ',
    'a',
    '<b>',
    '&',
  ]
  const words = (inline: Inline): string =>
    'text' in inline
      ? inline.text
      : `${inline.inlines.map(words).join('')}${'href' in inline ? inline.href : ''}`
  const all = (block: Block): string =>
    block.kind === 'code'
      ? block.language + block.text
      : block.kind === 'list'
        ? block.items.map((item) => item.inlines.map(words).join('') + item.blocks.map(all).join('')).join('')
        : block.inlines.map(words).join('')
  const letters = (value: string) => value.replace(/[^a<>b&]/g, '')
  for (let seed = 1; seed <= 400; seed++) {
    const random = seededRandom(seed)
    const source = Array.from({ length: random.below(40) }, () => pieces[random.below(pieces.length)]!).join(
      '',
    )
    expect(letters(parseMarkdown(source).map(all).join('')), `seed ${seed}`).toBe(letters(source))
  }
})

test('a long line of marks costs no more than its length', () => {
  for (const piece of ['*', '**a', '**a ', '[', '`', '[a](', '- ']) {
    const blocks = parseMarkdown(piece.repeat(20_000))
    expect(blocks.length).toBeGreaterThan(0)
  }
}, 5_000)
