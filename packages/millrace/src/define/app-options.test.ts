import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppOptions, optionHelp } from './app-options.ts'

const dir = resolve('/apps')

function options(given: string[] | Record<string, string | number | boolean>): AppOptions {
  return new AppOptions(given, dir)
}

describe('options after --', () => {
  it('every integer inside the bounds is read back, in both forms, and every one outside is refused', () => {
    const bounds = { min: -1000, max: 1000 }
    fc.assert(
      fc.property(fc.integer({ min: -2000, max: 2000 }), fc.boolean(), (value, joined) => {
        const words = joined ? [`--n=${value}`] : ['--n', String(value)]
        const read = () => options(words).integer('n', bounds)
        if (value >= bounds.min && value <= bounds.max) expect(read()).toBe(value)
        else expect(read).toThrow(/OPTION_INVALID.*-1000 to 1000/)
      }),
    )
  })

  it('any text is read back as it was typed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(options([`--s=${text}`]).string('s')).toBe(text)
        if (!text.startsWith('--')) expect(options(['--s', text]).string('s')).toBe(text)
      }),
    )
  })

  it('a boolean takes no word after it', () => {
    const app = options(['--fast', '--n', '1', '--no-slow'])
    expect(app.boolean('fast')).toBe(true)
    expect(app.boolean('slow', { default: true })).toBe(false)
    expect(app.boolean('other', { default: true })).toBe(true)
    expect(app.integer('n')).toBe(1)
    expect(() => app.finish()).not.toThrow()
  })

  it('a path given is relative to the current folder, a default to the app file', () => {
    expect(options(['--file', 'a.ndjson']).path('file')).toBe(resolve('a.ndjson'))
    expect(options([]).path('file', { default: './b.ndjson' })).toBe(join(dir, 'b.ndjson'))
    expect(options([]).path('file')).toBeUndefined()
  })

  it('an unknown option is refused with the nearest name and all known ones', () => {
    const app = options(['--oders', '3'])
    app.integer('orders', { default: 15, help: 'How many orders' })
    app.boolean('fast')
    expect(() => app.finish()).toThrow(
      /OPTION_UNKNOWN: The app has no option --oders\. Did you mean "orders"\? Known:\n {2}--orders INTEGER {2}How many orders \(an integer of at least 0, default 15\)\n {2}--fast/,
    )
  })

  it('a word that is no option, a missing value and a repeated option are refused', () => {
    expect(() => options(['stray']).finish()).toThrow(/OPTION_UNKNOWN.*"stray"/)
    expect(() => options(['--n']).integer('n')).toThrow(/OPTION_INVALID.*no value/)
    expect(() => options(['--n', '--m', '1']).integer('n')).toThrow(/no value/)
    expect(() => options(['--n', '1', '--n=2']).integer('n')).toThrow(/OPTION_REPEATED/)
    expect(() => options(['--n', '1.5']).integer('n')).toThrow(/OPTION_INVALID/)
    expect(() => options(['--n', '']).integer('n')).toThrow(/OPTION_INVALID/)
  })

  it('a wrong declaration is refused', () => {
    expect(() => options([]).integer('N')).toThrow(/APP_NAME_INVALID/)
    expect(() => options([]).boolean('no-ice')).toThrow(/APP_NAME_INVALID/)
    expect(() => options([]).integer('n', { default: 5, max: 4 })).toThrow(/APP_VALUE_INVALID/)
    const app = options([])
    app.integer('n')
    expect(() => app.string('n')).toThrow(/APP_NAME_TAKEN/)
  })

  it('values by name obey the same rules', () => {
    expect(options({ n: 3 }).integer('n')).toBe(3)
    expect(() => options({ n: 3 }).integer('n', { max: 2 })).toThrow(/OPTION_INVALID/)
    expect(() => options({ n: true }).integer('n')).toThrow(/OPTION_INVALID/)
    expect(() => options({ m: 3 }).finish()).toThrow(/OPTION_UNKNOWN.*--m/)
  })

  it('help is aligned, one line for each option', () => {
    const app = options([])
    app.integer('orders', { default: 15, min: 0, max: 99, help: 'Orders' })
    app.path('file', { help: 'A file' })
    expect(optionHelp(app.declared)).toBe(
      '  --orders INTEGER  Orders (an integer from 0 to 99, default 15)\n  --file PATH       A file',
    )
  })
})
