/** A helper that draws words. */
import type { Faker } from '@faker-js/faker'
import type { HelperMaker, HelperValue } from '../helper.ts'

export function word(draw: (faker: Faker, argument: unknown) => HelperValue): HelperMaker {
  return {
    needsWords: true,
    make: (argument) => (context) => {
      const { words, random, now } = context
      if (words === undefined) throw new Error('words were not loaded')
      return draw(words.use(random, now), argument)
    },
  }
}
