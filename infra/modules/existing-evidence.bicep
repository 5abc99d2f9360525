// An account of proposals and evidence that exists: the one of a lost region, failed over, or restored by somebody. It stays
// as it is; this app only gets its role on it.

@description('Name of the storage account.')
param name string

@description('Object id of the app\'s identity.')
param principalId string

@description('Container of proposals.')
param proposalsContainer string

@description('The app may only create and read sealed records.')
param recordsCreateOnly bool

@description('Resource id of the Log Analytics workspace that reads, writes and deletions are logged to.')
param workspaceId string

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: name
}

module access 'evidence-access.bicep' = {
  name: 'evidence-access'
  params: {
    accountName: account.name
    principalId: principalId
    proposalsContainer: proposalsContainer
    recordsCreateOnly: recordsCreateOnly
    workspaceId: workspaceId
  }
}

@description('Resource id of the account.')
output id string = account.id

@description('Name of the account.')
output name string = account.name

@description('Address of the blob service.')
output blobServiceUri string = account.properties.primaryEndpoints.blob
