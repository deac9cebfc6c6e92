/** `lorem.*`, `hacker.*`, `system.*`, `image.*`, `database.*`, `helpers.*`: texts of all kinds. */
import { countOf, type Helpers, plain } from '../helper.ts'
import { word } from './word-helper.ts'

export const loremHelpers: Helpers[string] = {
  word: word((faker) => faker.lorem.word()),
  words: word((faker, argument) => faker.lorem.words(countOf(argument, 'count', 3))),
  sentence: word((faker, argument) =>
    typeof argument === 'number' ? faker.lorem.sentence(argument) : faker.lorem.sentence(),
  ),
  slug: word((faker, argument) => faker.lorem.slug(countOf(argument, 'count', 3))),
  sentences: word((faker, argument) =>
    typeof argument === 'number' ? faker.lorem.sentences(argument) : faker.lorem.sentences(),
  ),
  paragraph: word((faker, argument) =>
    typeof argument === 'number' ? faker.lorem.paragraph(argument) : faker.lorem.paragraph(),
  ),
  // Line breaks would end the record.
  paragraphs: word((faker, argument) => faker.lorem.paragraphs(countOf(argument, 'count', 3), ' ')),
  text: word((faker) => faker.lorem.text().replaceAll('\n', ' ')),
  lines: word((faker, argument) => faker.lorem.lines(countOf(argument, 'count', 3)).replaceAll('\n', ' ')),
}

export const hackerHelpers: Helpers[string] = {
  abbreviation: word((faker) => faker.hacker.abbreviation()),
  adjective: word((faker) => faker.hacker.adjective()),
  noun: word((faker) => faker.hacker.noun()),
  verb: word((faker) => faker.hacker.verb()),
  ingverb: word((faker) => faker.hacker.ingverb()),
  phrase: word((faker) => faker.hacker.phrase()),
}

export const systemHelpers: Helpers[string] = {
  fileName: word((faker) => faker.system.fileName()),
  commonFileName: word((faker, argument) =>
    typeof argument === 'string' ? faker.system.commonFileName(argument) : faker.system.commonFileName(),
  ),
  mimeType: word((faker) => faker.system.mimeType()),
  commonFileType: word((faker) => faker.system.commonFileType()),
  commonFileExt: word((faker) => faker.system.commonFileExt()),
  fileType: word((faker) => faker.system.fileType()),
  fileExt: word((faker, argument) =>
    typeof argument === 'string' ? faker.system.fileExt(argument) : faker.system.fileExt(),
  ),
  directoryPath: word((faker) => faker.system.directoryPath()),
  filePath: word((faker) => faker.system.filePath()),
  semver: word((faker) => faker.system.semver()),
}

const size = { width: 640, height: 480 }

export const imageHelpers: Helpers[string] = {
  image: word((faker) => faker.image.url(size)),
  imageUrl: word((faker) => faker.image.url(size)),
  avatar: word((faker) => faker.image.avatar()),
  dataUri: word((faker) => faker.image.dataUri(size)),
  ...Object.fromEntries(
    [
      'abstract',
      'animals',
      'business',
      'cats',
      'city',
      'fashion',
      'food',
      'nature',
      'nightlife',
      'people',
      'sports',
      'technics',
      'transport',
    ].map((category) => [
      category,
      plain(
        () =>
          ({ random }) =>
            `https://loremflickr.com/${size.width}/${size.height}/${category}?lock=${random.below(1e6)}`,
      ),
    ]),
  ),
}

export const databaseHelpers: Helpers[string] = {
  column: word((faker) => faker.database.column()),
  type: word((faker) => faker.database.type()),
  collation: word((faker) => faker.database.collation()),
  engine: word((faker) => faker.database.engine()),
}

export const helperHelpers: Helpers[string] = {
  randomize: plain((argument) => {
    const list: readonly unknown[] = Array.isArray(argument) ? argument : ['a', 'b', 'c']
    if (list.length === 0) return 'its list is empty'
    return ({ random }) => list[random.below(list.length)] as object
  }),
  shuffle: word((faker, argument) =>
    Array.isArray(argument) ? faker.helpers.shuffle(argument as unknown[]) : [],
  ),
  slugify: word((faker, argument) => faker.helpers.slugify(text(argument))),
  replaceSymbolWithNumber: word((faker, argument) =>
    faker.helpers.replaceSymbols(text(argument).replace(/[?*]/g, (c) => c)),
  ),
  replaceSymbols: word((faker, argument) => faker.helpers.replaceSymbols(text(argument))),
}

function text(argument: unknown): string {
  return typeof argument === 'string' ? argument : argument === undefined ? '' : String(argument)
}
