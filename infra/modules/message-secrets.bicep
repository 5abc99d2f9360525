// Secrets of notifiers, which an operator writes (docs/operations/messages.md). Until then the app says that they are missing.

@description('Name of the key vault.')
param keyVaultName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Names of the secrets.')
param names string[]

// Key Vault Secrets User
var role = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: keyVaultName
}

@onlyIfNotExists()
resource secrets 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = [
  for name in names: {
    parent: vault
    name: name
    properties: {
      value: 'not-set-yet'
      contentType: 'text/plain'
    }
  }
]

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in names: {
    name: guid(secrets[i].id, principalId, role)
    scope: secrets[i]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]
