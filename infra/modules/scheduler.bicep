// Durable Task Scheduler, the engine for scale. Experimental here until the stage stress has run on it
// (docs/operations/scheduler.md). It purges finished instances after 30 days by default: evidence is never kept in it.

@description('Name of the scheduler.')
@minLength(3)
@maxLength(64)
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the task hub.')
param taskHubName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Client id of the app\'s identity.')
param identityClientId string

@description('Consumption is paid by the action, Dedicated by the hour.')
@allowed(['Consumption', 'Dedicated'])
param sku string

@description('Address ranges that may connect. An empty list would lock everybody out, the app included.')
@minLength(1)
param ipAllowlist string[]

@description('Reachable by a private endpoint alone; then no address range may connect.')
param isPrivate bool

// Durable Task Data Contributor
var role = '0ad04412-c4d5-4796-b79c-f76d14c8d402'

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    ipAllowlist: isPrivate ? [] : ipAllowlist
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    sku: sku == 'Dedicated' ? { name: sku, capacity: 1 } : { name: sku }
  }

  resource hub 'taskHubs' = {
    name: taskHubName
    properties: {}
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scheduler.id, principalId, role)
  scope: scheduler
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

@description('Resource id of the scheduler.')
output id string = scheduler.id

@description('How the app connects: by its identity, without a key.')
output connection string = 'Endpoint=${scheduler.properties.endpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
