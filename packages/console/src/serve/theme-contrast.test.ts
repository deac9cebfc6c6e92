/** Colours that stand on each other can be read by everybody: WCAG 2.2, contrast of 4.5 for text and 3 for what is drawn. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('../../page/src/kit/theme.css', import.meta.url), 'utf8')

const grounds = ['ground', 'surface', 'raised', 'sunken', 'hover'] as const
const tones = ['accent', 'ok', 'warn', 'bad'] as const

/** What is written on what. */
const texts: readonly (readonly [text: string, ground: string])[] = [
  ...grounds.flatMap((ground) => [['text', ground] as const, ['text-muted', ground] as const]),
  ...tones.flatMap((tone) => [
    ['text', `${tone}-ground`] as const,
    // Codes in notes, second lines of what is chosen.
    ['text-muted', `${tone}-ground`] as const,
    [tone, `${tone}-ground`] as const,
    ...grounds.map((ground) => [tone, ground] as const),
  ]),
  ['on-accent', 'accent'],
  // Numbers of JSON.
  ['series-3', 'surface'],
]

/** What is drawn on what: lines of charts, borders of fields, the ring of the focus. */
const drawings: readonly (readonly [line: string, ground: string])[] = [
  ...[1, 2, 3, 4, 5, 6].map((i) => [`series-${i}`, 'surface'] as const),
  ...(['ground', 'surface', 'raised'] as const).flatMap((ground) => [
    ['focus', ground] as const,
    ['field-line', ground] as const,
  ]),
]

describe.each(['light', 'dark'] as const)('the %s theme', (theme) => {
  it.each(texts)('%s can be read on %s', (text, ground) => {
    expect(contrast(token(text, theme), token(ground, theme))).toBeGreaterThanOrEqual(4.5)
  })

  it.each(drawings)('%s can be seen on %s', (line, ground) => {
    expect(contrast(token(line, theme), token(ground, theme))).toBeGreaterThanOrEqual(3)
  })
})

it('the contrast of black on white is 21, that of a colour on itself 1', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
  expect(contrast('#0b6b64', '#0b6b64')).toBe(1)
  // The example of the specification's errata: grey that just passes on white.
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2)
})

function token(name: string, theme: 'light' | 'dark'): string {
  const [, light, dark] =
    new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css) ?? []
  const colour = theme === 'light' ? light : dark
  if (colour === undefined) throw new Error(`theme.css has no token --${name} of two plain colours`)
  return colour
}

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
