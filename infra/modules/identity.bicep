// The one identity the app has: it reaches storage, Application Insights, Key Vault and the scheduler with it, and signs
// in to Entra without a client secret.

@description('Name of the user-assigned managed identity.')
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id of the identity.')
output id string = identity.id

@description('Object id: what roles are assigned to.')
output principalId string = identity.properties.principalId

@description('Client id: what settings name.')
output clientId string = identity.properties.clientId
