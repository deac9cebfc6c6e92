/**
 * Words, names and places for templates: the library faker, loaded when a template first needs it, since it is large. One
 * instance of ours draws from the random numbers of the record that is being made.
 */
import type { Faker } from '@faker-js/faker'
import type { Random } from '@millrace/values'

/** A faker that draws from `random` and counts time from `now`. */
export interface Words {
  use(random: Random, now: number): Faker
}

export async function loadWords(): Promise<Words> {
  const { base, en, Faker } = await import('@faker-js/faker')
  let current: Random = { next: () => 0, below: () => 0 }
  const faker = new Faker({
    locale: [en, base],
    randomizer: { next: () => current.next(), seed: () => {} },
  })
  return {
    use(random, now) {
      current = random
      faker.setDefaultRefDate(now)
      return faker
    },
  }
}
