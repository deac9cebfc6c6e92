/**
 * A record of a table's change stream, as JSON in the store's log: the change as DynamoDB streams show it, without what
 * follows from the record's place (eventID, SequenceNumber), its reader (eventSourceARN, awsRegion) or is the same for all
 * (eventVersion "1.1", eventSource "aws:dynamodb"). Its partition key is the text of the item's key, so changes of one item
 * stay in order.
 */
import type { TypedItem } from './attribute-value.ts'
import type { ChangeView } from './port.ts'

export interface ChangeRecord {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE'
  readonly tableName: string
  readonly dynamodb: {
    /** Whole seconds of the commit's time. */
    readonly ApproximateCreationDateTime: number
    readonly Keys: TypedItem
    readonly NewImage?: TypedItem
    readonly OldImage?: TypedItem
    readonly SizeBytes: number
    readonly StreamViewType: ChangeView
  }
  /** Of deletes by expiry. */
  readonly userIdentity?: { readonly type: 'Service'; readonly principalId: 'dynamodb.amazonaws.com' }
}
