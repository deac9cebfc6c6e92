/** The metrics of deliveries are the runtime's port; it is named here for those who look for it beside deliveries. */
export { type DeliveryMeter, type DeliveryMetric, noDeliveryMeter } from '@millrace/runtime'
