/** `company.*`, `commerce.*`, `finance.*`: firms, goods and money. */
import { countOf, type Helpers, optionsOf, plain } from '../helper.ts'
import { word } from './word-helper.ts'

const suffixes = ['Inc', 'and Sons', 'LLC', 'Group']

export const companyHelpers: Helpers[string] = {
  companyName: word((faker) => faker.company.name()),
  companySuffix: plain(
    () =>
      ({ random }) =>
        suffixes[random.below(suffixes.length)],
  ),
  suffixes: plain(() => () => suffixes),
  catchPhrase: word((faker) => faker.company.catchPhrase()),
  catchPhraseAdjective: word((faker) => faker.company.catchPhraseAdjective()),
  catchPhraseDescriptor: word((faker) => faker.company.catchPhraseDescriptor()),
  catchPhraseNoun: word((faker) => faker.company.catchPhraseNoun()),
  bs: word((faker) => faker.company.buzzPhrase()),
  bsAdjective: word((faker) => faker.company.buzzAdjective()),
  bsBuzz: word((faker) => faker.company.buzzVerb()),
  bsNoun: word((faker) => faker.company.buzzNoun()),
}

export const commerceHelpers: Helpers[string] = {
  color: word((faker) => faker.color.human()),
  department: word((faker) => faker.commerce.department()),
  productName: word((faker) => faker.commerce.productName()),
  price: word((faker, argument) => faker.commerce.price(rangeOf(argument))),
  productAdjective: word((faker) => faker.commerce.productAdjective()),
  productMaterial: word((faker) => faker.commerce.productMaterial()),
  product: word((faker) => faker.commerce.product()),
  productDescription: word((faker) => faker.commerce.productDescription()),
}

export const financeHelpers: Helpers[string] = {
  account: word((faker, argument) => faker.finance.accountNumber(countOf(argument, 'length', 8))),
  accountName: word((faker) => faker.finance.accountName()),
  mask: word((faker, argument) => `(...${faker.string.numeric(countOf(argument, 'length', 4))})`),
  amount: word((faker, argument) => faker.finance.amount(rangeOf(argument))),
  transactionType: word((faker) => faker.finance.transactionType()),
  transactionDescription: word((faker) => faker.finance.transactionDescription()),
  currencyCode: word((faker) => faker.finance.currencyCode()),
  currencyName: word((faker) => faker.finance.currencyName()),
  currencySymbol: word((faker) => faker.finance.currencySymbol()),
  bitcoinAddress: word((faker) => faker.finance.bitcoinAddress()),
  litecoinAddress: word((faker) => faker.finance.litecoinAddress()),
  ethereumAddress: word((faker) => faker.finance.ethereumAddress()),
  creditCardNumber: word((faker) => faker.finance.creditCardNumber()),
  creditCardCVV: word((faker) => faker.finance.creditCardCVV()),
  routingNumber: word((faker) => faker.finance.routingNumber()),
  iban: word((faker) => faker.finance.iban()),
  bic: word((faker) => faker.finance.bic()),
}

/** {"min":1,"max":10,"dec":2,"symbol":"$"}, or a number as the least. */
function rangeOf(argument: unknown): { min?: number; max?: number; dec?: number; symbol?: string } {
  const { min, max, dec, symbol } = typeof argument === 'number' ? { min: argument } : optionsOf(argument)
  return {
    ...(typeof min === 'number' ? { min } : {}),
    ...(typeof max === 'number' ? { max } : {}),
    ...(typeof dec === 'number' ? { dec } : {}),
    ...(typeof symbol === 'string' ? { symbol } : {}),
  }
}
