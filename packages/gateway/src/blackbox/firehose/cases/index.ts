/** All cases of deliveries. What is refused alike for every operation is made here from the others. */
import { refusals } from '../../service-case.ts'
import { deliveryCases } from './deliveries.ts'
import type { DeliveryCase } from './delivery-world.ts'
import { putCases } from './puts.ts'
import { tagCases } from './tags.ts'

const own = [...deliveryCases, ...tagCases, ...putCases]

export const allDeliveryCases: readonly DeliveryCase[] = [...own, ...refusals(own)]
