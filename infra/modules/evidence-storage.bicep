// Proposals, documents, decisions, audit trails and sealed records: what must still be there in ten years. An account of
// its own, so that nothing the host does, and no reset of a task hub, touches it. No account keys.

@description('Name of the storage account.')
@minLength(3)
@maxLength(24)
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Redundancy of the account.')
param sku string

@description('Object id of the app\'s identity.')
param principalId string

@description('Reachable by private endpoints alone.')
param isPrivate bool

@description('Days for which a deleted blob, version or container can be brought back.')
@minValue(7)
@maxValue(365)
param softDeleteDays int

@description('Days after which earlier versions of a blob are deleted.')
@minValue(30)
param versionDays int

@description('Days for which a sealed record cannot be changed or deleted by anybody; 0: no immutability policy. The policy is created unlocked: locking it is a decision for a person (docs/operations/backup.md).')
@minValue(0)
@maxValue(146000)
param recordsImmutabilityDays int

@description('The immutability policy is locked: it stays as it is, and is not deployed again.')
param recordsImmutabilityLocked bool

@description('Container of proposals, tasks, documents and audit trails.')
param proposalsContainer string

@description('Container of the sealed decision records.')
param recordsContainer string

@description('The app may only create and read sealed records.')
param recordsCreateOnly bool

@description('Resource id of the Log Analytics workspace that reads, writes and deletions are logged to.')
param workspaceId string

@description('Keep the account from being deleted.')
param lock bool

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: { enabled: true, days: softDeleteDays }
    containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
  }
}

resource proposals 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: proposalsContainer
  properties: { publicAccess: 'None' }
}

resource records 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: recordsContainer
  properties: { publicAccess: 'None' }
}

resource immutability 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2024-01-01' = if (recordsImmutabilityDays > 0 && !recordsImmutabilityLocked) {
  parent: records
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: recordsImmutabilityDays
    allowProtectedAppendWrites: false
  }
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: account
  name: 'default'
  dependsOn: [blobs]
  properties: {
    policy: {
      rules: [
        {
          name: 'earlier-versions'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob', 'appendBlob'], prefixMatch: ['${proposalsContainer}/'] }
            actions: { version: { delete: { daysAfterCreationGreaterThan: versionDays } } }
          }
        }
      ]
    }
  }
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
  dependsOn: [blobs]
}

resource keep 'Microsoft.Authorization/locks@2020-05-01' = if (lock) {
  name: 'evidence'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'Proposals and sealed records. Take this off only to delete them for good.'
  }
}

@description('Resource id of the account.')
output id string = account.id

@description('Name of the account.')
output name string = account.name

@description('Address of the blob service.')
output blobServiceUri string = account.properties.primaryEndpoints.blob
