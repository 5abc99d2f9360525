// The key that signs links in messages. It is made here, at the first deployment, and nobody ever sees it.

@description('Name of the key vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Object id of the app\'s identity.')
param principalId string

@description('Reachable by private endpoints alone.')
param isPrivate bool

@description('Nobody can purge the vault before its 90 days are over. Cannot be taken back once it is on.')
param purgeProtection bool

@description('Resource id of the Log Analytics workspace that every use of a secret is logged to.')
param workspaceId string

@description('Keep the vault from being deleted.')
param lock bool

@description('Half of a new key. Leave it alone: it is random, and used only where the vault has no key yet.')
@secure()
param keyHalf string = newGuid()

@description('The other half of a new key. Leave it alone, too.')
@secure()
param keyOtherHalf string = newGuid()

// Key Vault Secrets User
var role = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: purgeProtection ? true : null // false is refused
    softDeleteRetentionInDays: 90
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
    }
  }
}

@onlyIfNotExists()
resource linkSigningKeys 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'link-signing-keys'
  properties: {
    value: '${keyHalf}${keyOtherHalf}'
    contentType: 'text/plain'
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(linkSigningKeys.id, principalId, role)
  scope: linkSigningKeys
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'greenlight'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}

resource keep 'Microsoft.Authorization/locks@2020-05-01' = if (lock) {
  name: 'vault'
  scope: vault
  properties: {
    level: 'CanNotDelete'
    notes: 'The keys that sign links. Take this off only to delete the environment.'
  }
}

@description('Resource id of the vault.')
output id string = vault.id

@description('Name of the vault.')
output name string = vault.name

@description('Name of the secret that holds the keys.')
output linkSigningKeysName string = linkSigningKeys.name
