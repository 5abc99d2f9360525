// What the app may do with evidence, and the log of what anybody did.

@description('Name of the storage account.')
param accountName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Container of proposals, the one in which blobs may be overwritten and deleted.')
param proposalsContainer string

@description('Resource id of the Log Analytics workspace that reads, writes and deletions are logged to.')
param workspaceId string

@description('The app may only create and read sealed records.')
param recordsCreateOnly bool

// Storage Blob Data Contributor. The condition leaves create and read in the container of sealed records: overwriting and
// deleting need the actions write, delete and move, which it allows in the container of proposals alone.
// https://learn.microsoft.com/azure/storage/blobs/storage-auth-abac-attributes
var role = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
var changes = ['write', 'delete', 'move/action', 'deleteBlobVersion/action', 'permanentDelete/action']
var elsewhere = join(map(changes, change => '!(ActionMatches{\'${blobs}/${change}\'})'), ' AND ')
var inProposals = '@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals \'${proposalsContainer}\''

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource service 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, role)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
    condition: recordsCreateOnly ? '((${elsewhere}) OR (${inProposals}))' : null
    conditionVersion: recordsCreateOnly ? '2.0' : null
  }
}

resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'greenlight'
  scope: service
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}
