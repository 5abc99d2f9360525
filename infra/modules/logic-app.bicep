// The same approval by mail, as a Logic App: Greenlight asks it, it asks a person by mail, and raises the answer on the
// waiting instance. docs/logic-apps.md compares the two.

@description('Name of the Logic App.')
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Address of Greenlight.')
param greenlightUrl string

@description('Client id of Greenlight\'s Entra app registration: what tokens in both directions are for.')
param authClientId string

@description('Entra tenant.')
param authTenantId string

@description('Object id of the identity that Greenlight calls with: nobody else can start a run.')
param callerPrincipalId string

@description('Name of the key vault that holds the system key of the raise-event API.')
param keyVaultName string

@description('Resource id of the Logic App\'s identity.')
param identityId string

@description('Object id of the Logic App\'s identity.')
param identityPrincipalId string

// Key Vault Secrets User
var role = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: keyVaultName
}

// An operator writes the key here once the app runs (docs/logic-apps.md). Until then the call back is refused.
@onlyIfNotExists()
resource webhookKey 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'durabletask-system-key'
  properties: {
    value: 'not-set-yet'
    contentType: 'text/plain'
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(webhookKey.id, identityPrincipalId, role)
  scope: webhookKey
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// The mailbox that asks. Somebody with that mailbox agrees to it once, in the portal: no template can.
resource mailbox 'Microsoft.Web/connections@2016-06-01' = {
  name: '${name}-office365'
  location: location
  tags: tags
  properties: {
    displayName: 'The mailbox that asks for approvals'
    api: { id: subscriptionResourceId('Microsoft.Web/locations/managedApis', location, 'office365') }
  }
}

resource workflow 'Microsoft.Logic/workflows@2019-05-01' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    state: 'Enabled'
    definition: loadJsonContent('../logic-app/workflow.json')
    parameters: {
      greenlightUrl: { value: greenlightUrl }
      greenlightAudience: { value: 'api://${authClientId}' }
      identity: { value: identityId }
      systemKeyUri: { value: '${vault.properties.vaultUri}secrets/${webhookKey.name}' }
      '$connections': {
        value: {
          office365: {
            connectionId: mailbox.id
            connectionName: mailbox.name
            id: subscriptionResourceId('Microsoft.Web/locations/managedApis', location, 'office365')
          }
        }
      }
    }
    // sasAuthenticationPolicy is documented, but the published type does not have it yet: hence any().
    // https://learn.microsoft.com/azure/logic-apps/logic-apps-securing-a-logic-app
    accessControl: any({
      triggers: {
        sasAuthenticationPolicy: { state: 'Disabled' }
        openAuthenticationPolicies: {
          policies: {
            greenlight: {
              type: 'AAD'
              claims: [
                { name: 'iss', value: '${environment().authentication.loginEndpoint}${authTenantId}/v2.0' }
                { name: 'aud', value: authClientId }
                { name: 'oid', value: callerPrincipalId }
              ]
            }
          }
        }
      }
    })
  }
}

@description('Where Greenlight asks; without the signature that would let anybody in.')
output uri string = '${workflow.properties.accessEndpoint}/triggers/manual/paths/invoke?api-version=2016-10-01'
