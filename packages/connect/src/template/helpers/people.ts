/** `name.*`, `phone.*`, `internet.*`, `address.*`: persons, and where to find them. */
import { countOf, type Helpers, optionsOf, plain } from '../helper.ts'
import { word } from './word-helper.ts'

const hexDigits = '0123456789abcdef'
const streetPrefixes = ['North', 'East', 'West', 'South', 'New', 'Lake', 'Port']
const citySuffixes = [
  'town',
  'ton',
  'land',
  'ville',
  'berg',
  'burgh',
  'borough',
  'bury',
  'view',
  'port',
  'mouth',
  'stad',
  'furt',
  'chester',
  'fort',
  'haven',
  'side',
  'shire',
]
const cityPrefixes = ['North', 'East', 'West', 'South', 'New', 'Lake', 'Port']

function oneOf(list: readonly string[]) {
  return plain(
    () =>
      ({ random }) =>
        list[random.below(list.length)],
  )
}

export const nameHelpers: Helpers[string] = {
  firstName: word((faker) => faker.person.firstName()),
  lastName: word((faker) => faker.person.lastName()),
  middleName: word((faker) => faker.person.middleName()),
  findName: word((faker) => faker.person.fullName()),
  gender: word((faker) => faker.person.gender()),
  prefix: word((faker) => faker.person.prefix()),
  suffix: word((faker) => faker.person.suffix()),
  jobTitle: word((faker) => faker.person.jobTitle()),
  title: word((faker) => faker.person.jobTitle()),
  jobDescriptor: word((faker) => faker.person.jobDescriptor()),
  jobArea: word((faker) => faker.person.jobArea()),
  jobType: word((faker) => faker.person.jobType()),
}

export const phoneHelpers: Helpers[string] = {
  phoneNumber: word((faker, argument) =>
    typeof argument === 'string' ? faker.helpers.replaceSymbols(argument) : faker.phone.number(),
  ),
  phoneNumberFormat: word((faker) => faker.phone.number({ style: 'national' })),
  phoneFormats: plain(() => () => '###-###-####'),
}

export const internetHelpers: Helpers[string] = {
  avatar: word((faker) => faker.image.avatar()),
  email: word((faker) => faker.internet.email()),
  exampleEmail: word((faker) => faker.internet.exampleEmail()),
  userName: word((faker) => faker.internet.username()),
  protocol: word((faker) => faker.internet.protocol()),
  httpMethod: word((faker) => faker.internet.httpMethod()),
  url: word((faker) => faker.internet.url({ appendSlash: false })),
  domainName: word((faker) => faker.internet.domainName()),
  domainSuffix: word((faker) => faker.internet.domainSuffix()),
  domainWord: word((faker) => faker.internet.domainWord()),
  ip: word((faker) => faker.internet.ipv4()),
  ipv6: word((faker) => faker.internet.ipv6()),
  port: word((faker) => faker.internet.port()),
  userAgent: word((faker) => faker.internet.userAgent()),
  color: plain(() => ({ random }) => {
    let text = '#'
    for (let i = 0; i < 6; i++) text += hexDigits.charAt(random.below(16))
    return text
  }),
  mac: word((faker) => faker.internet.mac()),
  password: word((faker, argument) => faker.internet.password({ length: countOf(argument, 'len', 15) })),
}

export const addressHelpers: Helpers[string] = {
  zipCode: word((faker, argument) =>
    typeof argument === 'string' ? faker.location.zipCode(argument) : faker.location.zipCode(),
  ),
  city: word((faker) => faker.location.city()),
  cityName: word((faker) => faker.location.city()),
  cityPrefix: oneOf(cityPrefixes),
  citySuffix: oneOf(citySuffixes),
  streetName: word((faker) => faker.location.street()),
  streetAddress: word((faker, argument) => faker.location.streetAddress(argument === true)),
  streetSuffix: word((faker) => faker.location.street().split(' ').at(-1)),
  streetPrefix: oneOf(streetPrefixes),
  secondaryAddress: word((faker) => faker.location.secondaryAddress()),
  county: word((faker) => faker.location.county()),
  country: word((faker) => faker.location.country()),
  countryCode: word((faker) => faker.location.countryCode()),
  state: word((faker) => faker.location.state()),
  stateAbbr: word((faker) => faker.location.state({ abbreviated: true })),
  latitude: plain(coordinate(90)),
  longitude: plain(coordinate(180)),
  direction: word((faker) => faker.location.direction()),
  cardinalDirection: word((faker) => faker.location.cardinalDirection()),
  ordinalDirection: word((faker) => faker.location.ordinalDirection()),
  timeZone: word((faker) => faker.location.timeZone()),
  nearbyGPSCoordinate: word((faker, argument) => {
    const origin = Array.isArray(argument) ? (argument as readonly unknown[]) : []
    const [latitude, longitude] = origin
    return typeof latitude === 'number' && typeof longitude === 'number'
      ? faker.location.nearbyGPSCoordinate({ origin: [latitude, longitude] })
      : faker.location.nearbyGPSCoordinate()
  }),
}

/** Four decimals, both ends included; narrower by {"min":..,"max":..}. */
function coordinate(most: number) {
  return (argument: unknown) => {
    const { min = -most, max = most } = optionsOf(argument)
    if (typeof min !== 'number' || typeof max !== 'number' || min > max)
      return 'min and max are numbers, min first'
    const steps = Math.round((max - min) * 10_000)
    return ({ random }: { random: { below(bound: number): number } }) =>
      (min + random.below(steps + 1) / 10_000).toFixed(4)
  }
}
