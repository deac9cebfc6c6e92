/** All helpers of templates, by module. */
import type { Helpers } from '../helper.ts'
import { dateHelpers } from './date.ts'
import { addressHelpers, internetHelpers, nameHelpers, phoneHelpers } from './people.ts'
import { randomHelpers } from './random.ts'
import {
  databaseHelpers,
  hackerHelpers,
  helperHelpers,
  imageHelpers,
  loremHelpers,
  systemHelpers,
} from './texts.ts'
import { commerceHelpers, companyHelpers, financeHelpers } from './trade.ts'

export const helpers = {
  address: addressHelpers,
  commerce: commerceHelpers,
  company: companyHelpers,
  database: databaseHelpers,
  date: dateHelpers,
  finance: financeHelpers,
  hacker: hackerHelpers,
  helpers: helperHelpers,
  image: imageHelpers,
  internet: internetHelpers,
  lorem: loremHelpers,
  name: nameHelpers,
  phone: phoneHelpers,
  random: randomHelpers,
  system: systemHelpers,
} satisfies Helpers
