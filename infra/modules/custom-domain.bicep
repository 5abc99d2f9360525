// A host name of your own, with a certificate from the key vault that is renewed there. Its CNAME and TXT records must
// exist before (docs/operations/network.md): Azure looks them up.

@description('Name of the function app.')
param siteName string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('The host name, for example greenlight.example.com.')
param hostName string

@description('Name of the key vault that holds the certificate.')
param keyVaultName string

@description('Name of the certificate in the key vault.')
param certificateName string

@description('Object id of the app\'s identity, which reads the certificate.')
param principalId string

// Key Vault Certificate User
var role = 'db79e9a7-68ee-4b58-9aeb-b90e7c24fcba'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: keyVaultName
}

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, role)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// Flex Consumption keeps certificates with the site, not with the resource group:
// https://github.com/MicrosoftDocs/azure-docs/pull/128469
resource certificate 'Microsoft.Web/sites/certificates@2024-11-01' = {
  parent: site
  name: certificateName
  location: location
  tags: tags
  properties: { keyVaultId: vault.id, keyVaultSecretName: certificateName }
  dependsOn: [assignment]
}

resource binding 'Microsoft.Web/sites/hostNameBindings@2024-11-01' = {
  parent: site
  name: hostName
  properties: { sslState: 'SniEnabled', thumbprint: certificate.properties.thumbprint }
}
