/** Operations of the API that are not here, and what to do instead. */
const partiQl =
  'PartiQL is not spoken here. Use the item operations: GetItem, PutItem, UpdateItem, DeleteItem, Query.'
const backups = 'There are no backups of single tables here. Copy the data directory, or export the table.'
const replicas = 'Tables have no replicas here, since there is one region.'
const imports = 'Tables are not imported here. Write the items with BatchWriteItem.'
const policies = 'Tables have no policies of their own here; the rights are those of access keys.'
const insights = 'There are no contributor insights here. See the metrics of the gateway.'

export const unsupportedOperations: ReadonlyMap<string, string> = new Map([
  ['ExecuteStatement', partiQl],
  ['BatchExecuteStatement', partiQl],
  ['ExecuteTransaction', partiQl],
  ['CreateBackup', backups],
  ['DeleteBackup', backups],
  ['DescribeBackup', backups],
  ['ListBackups', backups],
  ['RestoreTableFromBackup', backups],
  ['RestoreTableToPointInTime', backups],
  ['CreateGlobalTable', replicas],
  ['DescribeGlobalTable', replicas],
  ['DescribeGlobalTableSettings', replicas],
  ['ListGlobalTables', replicas],
  ['UpdateGlobalTable', replicas],
  ['UpdateGlobalTableSettings', replicas],
  ['DescribeTableReplicaAutoScaling', replicas],
  ['UpdateTableReplicaAutoScaling', replicas],
  ['ImportTable', imports],
  ['DescribeImport', imports],
  ['ListImports', imports],
  ['PutResourcePolicy', policies],
  ['GetResourcePolicy', policies],
  ['DeleteResourcePolicy', policies],
  ['DescribeContributorInsights', insights],
  ['ListContributorInsights', insights],
  ['UpdateContributorInsights', insights],
  ['SearchVectors', 'There is no search for vectors here. Use Query or Scan.'],
])
