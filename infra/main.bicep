// Greenlight on Azure: one resource group, everything in it by managed identity, no keys. docs/operations.md says how to
// deploy; infra/main.*.bicepparam are examples for development and production.
targetScope = 'subscription'

@description('Name of the environment (azd), for example dev or prod. Names are made from it.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Azure region; it must offer the Flex Consumption plan.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Name of the resource group; empty: rg- and the environment.')
param resourceGroupName string = ''

@description('Client id of the Entra app registration that people sign in with. infra/entra-app.sh makes it.')
@minLength(36)
@maxLength(36)
param authClientId string

@description('Entra tenant whose people may sign in; by default the one of the deployment.')
param authTenantId string = tenant().tenantId

@description('Client ids of other applications whose tokens are let in.')
param authCallers string[] = []

@description('Let the raise-event API through Easy Auth: then its system key alone guards it, and what comes in is stored as not authenticated.')
param allowRaiseEvent bool = false

@description('Where people come from: the file config/directory.toml (file), or Microsoft Graph (graph), for which an administrator grants the permissions that docs/operations.md names.')
@allowed(['file', 'graph'])
param directorySource string = 'file'

@description('Address that people use, without a slash at its end, for example https://greenlight.example.com; empty: the app\'s own host name.')
param publicUrl string = ''

@description('Version of Python.')
@allowed(['3.11', '3.12'])
param pythonVersion string = '3.11'

@description('Name of the task hub: 3 to 45 letters and digits, a letter first. Another name is another, empty hub.')
@minLength(3)
@maxLength(45)
param taskHubName string = 'GreenlightHub'

@description('Where orchestrations are kept: in Azure Storage (azureStorage), or in Durable Task Scheduler (azureManaged), which is experimental here.')
@allowed(['azureStorage', 'azureManaged'])
param durableEngine string = 'azureStorage'

@description('How Durable Task Scheduler is paid, where it is used: by the action, or by the hour.')
@allowed(['Consumption', 'Dedicated'])
param schedulerSku string = 'Consumption'

@description('Address ranges that may connect to Durable Task Scheduler.')
@minLength(1)
param schedulerIpAllowlist string[] = ['0.0.0.0/0']

@description('The most instances the plan may start.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Memory of an instance in megabytes.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Keep one instance for HTTP and one for orchestrations ready at all times: no cold start, but they are paid by the hour.')
param alwaysReady bool = false

@description('Redundancy of the host\'s storage and the task hub.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param hostStorageSku string = 'Standard_LRS'

@description('Redundancy of the storage of proposals and evidence.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
param evidenceStorageSku string = 'Standard_ZRS'

@description('Days for which a deleted blob, version or container of proposals and evidence can be brought back.')
@minValue(7)
@maxValue(365)
param softDeleteDays int = 30

@description('Days after which earlier versions of a proposal\'s blobs are deleted.')
@minValue(30)
param versionDays int = 365

@description('Days after which the orchestration instances of a closed proposal are purged from the task hub; evidence stays.')
@minValue(1)
@maxValue(9999)
param purgeAfterDays int = 30

@description('Days for which a sealed record cannot be changed or deleted by anybody; 0: no immutability policy.')
@minValue(0)
@maxValue(146000)
param recordsImmutabilityDays int = 0

@description('Set this once somebody has locked the immutability policy: Azure refuses to deploy a locked policy again, so the template leaves it alone from then on.')
param recordsImmutabilityLocked bool = false

@description('Storage and key vault reachable from a virtual network alone.')
param privateNetworking bool = false

@description('Address range of the virtual network, at least a /25.')
param networkAddressPrefix string = '10.40.0.0/24'

@description('Nobody can purge the key vault before its 90 days are over; a deployment of the same name must recover it until then. Cannot be taken back once it is on.')
param purgeProtection bool = true

@description('Days for which logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Gigabytes of logs a day after which ingestion stops until the next day; -1: no cap.')
param logDailyCapGb int = -1

@description('Who is told by mail about stuck instances, failed publications and the budget; empty: no alerts.')
param alertEmails string[] = []

@description('Deploy the workbook that answers what operators ask of logs and metrics.')
param workbook bool = true

@description('Amount for a month, in the currency of the subscription, of which alertEmails hear at 80 % and when the forecast passes it; 0: no budget.')
param monthlyBudget int = 0

@description('First day of the month in which the budget is deployed first, for example 2026-12-01; it must stay as it is from then on. Needed where monthlyBudget is set.')
@maxLength(10)
param budgetStart string = ''

@description('Deploy the Logic App that asks by mail (docs/logic-apps.md). Not together with privateNetworking: it could not read the vault.')
param logicApp bool = false

@description('Where the Logic App is asked: the output LOGIC_APP_URI of a deployment before. Empty: Greenlight does not ask it yet.')
param logicAppUri string = ''

@description('Mail server that messages go to; empty: no mail.')
param smtpHost string = ''

@description('Port of the mail server; empty: the usual one, 587 or 465.')
param smtpPort string = ''

@description('How the connection to the mail server is encrypted: from a plain beginning (starttls), or from the first byte (tls).')
@allowed(['starttls', 'tls'])
param smtpSecurity string = 'starttls'

@description('Who signs in at the mail server, with the password in the vault\'s secret smtp-password; empty: nobody.')
param smtpUser string = ''

@description('Whom mail is from, for example Greenlight <greenlight@example.com>.')
param mailFrom string = ''

@description('Post messages to Teams, at the address in the vault\'s secret teams-webhook-url.')
param teams bool = false

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var proposalsContainer = 'greenlight'
var recordsContainer = 'greenlight-records'
var smtpCredentialName = 'smtp-password'
var teamsWebhookName = 'teams-webhook-url'
var schedulerInUse = durableEngine == 'azureManaged'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: { name: 'id-greenlight-${token}', location: location, tags: tags }
}

module hostStorage 'modules/host-storage.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    name: 'sthost${token}'
    location: location
    tags: tags
    sku: hostStorageSku
    principalId: identity.outputs.principalId
    isPrivate: privateNetworking
  }
}

module evidenceStorage 'modules/evidence-storage.bicep' = {
  name: 'evidence-storage'
  scope: group
  params: {
    name: 'stproof${token}'
    location: location
    tags: tags
    sku: evidenceStorageSku
    principalId: identity.outputs.principalId
    isPrivate: privateNetworking
    softDeleteDays: softDeleteDays
    versionDays: versionDays
    recordsImmutabilityDays: recordsImmutabilityDays
    recordsImmutabilityLocked: recordsImmutabilityLocked
    proposalsContainer: proposalsContainer
    recordsContainer: recordsContainer
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-${token}'
    componentName: 'appi-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    retentionDays: logRetentionDays
    dailyCapGb: logDailyCapGb
  }
}

module keyVault 'modules/key-vault.bicep' = {
  name: 'key-vault'
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    isPrivate: privateNetworking
    purgeProtection: purgeProtection
  }
}

module messageSecrets 'modules/message-secrets.bicep' = {
  name: 'message-secrets'
  scope: group
  params: {
    keyVaultName: keyVault.outputs.name
    principalId: identity.outputs.principalId
    names: concat(empty(smtpUser) ? [] : [smtpCredentialName], teams ? [teamsWebhookName] : [])
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  name: 'network'
  scope: group
  params: { name: 'vnet-${token}', location: location, tags: tags, addressPrefix: networkAddressPrefix }
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (privateNetworking) {
  name: 'private-endpoints'
  scope: group
  params: {
    location: location
    tags: tags
    networkId: network!.outputs.networkId
    subnetId: network!.outputs.endpointSubnetId
    targets: [
      { name: 'pe-host-blob-${token}', resourceId: hostStorage.outputs.id, service: 'blob' }
      { name: 'pe-host-queue-${token}', resourceId: hostStorage.outputs.id, service: 'queue' }
      { name: 'pe-host-table-${token}', resourceId: hostStorage.outputs.id, service: 'table' }
      { name: 'pe-proof-blob-${token}', resourceId: evidenceStorage.outputs.id, service: 'blob' }
      { name: 'pe-vault-${token}', resourceId: keyVault.outputs.id, service: 'vault' }
    ]
  }
}

module scheduler 'modules/scheduler.bicep' = if (schedulerInUse) {
  name: 'scheduler'
  scope: group
  params: {
    name: 'dts-${token}'
    location: location
    tags: tags
    taskHubName: taskHubName
    principalId: identity.outputs.principalId
    identityClientId: identity.outputs.clientId
    sku: schedulerSku
    ipAllowlist: schedulerIpAllowlist
  }
}

module app 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    name: 'func-greenlight-${token}'
    planName: 'plan-${token}'
    location: location
    tags: tags
    pythonVersion: pythonVersion
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostStorageName: hostStorage.outputs.name
    packageUri: hostStorage.outputs.packageUri
    evidenceBlobServiceUri: evidenceStorage.outputs.blobServiceUri
    proposalsContainer: proposalsContainer
    recordsContainer: recordsContainer
    taskHubName: taskHubName
    schedulerConnection: schedulerInUse ? scheduler!.outputs.connection : ''
    applicationInsightsConnection: monitoring.outputs.connectionString
    directorySource: directorySource
    authClientId: authClientId
    publicUrl: publicUrl
    purgeAfterDays: purgeAfterDays
    keyVaultName: keyVault.outputs.name
    linkSigningKeysName: keyVault.outputs.linkSigningKeysName
    smtpHost: smtpHost
    smtpPort: smtpPort
    smtpSecurity: smtpSecurity
    smtpUser: smtpUser
    smtpCredentialName: smtpCredentialName
    mailFrom: mailFrom
    teams: teams
    teamsWebhookName: teamsWebhookName
    logicAppUri: logicApp ? logicAppUri : ''
    logicAppAudience: 'api://${authClientId}'
    subnetId: privateNetworking ? network!.outputs.appSubnetId : ''
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
    alwaysReady: alwaysReady
  }
  dependsOn: [messageSecrets] // the app reads them when it starts
}

module authentication 'modules/authentication.bicep' = {
  name: 'authentication'
  scope: group
  params: {
    siteName: app.outputs.name
    clientId: authClientId
    tenantId: authTenantId
    signInSetting: app.outputs.signInSetting
    callers: logicApp ? concat(authCallers, [logicAppIdentity!.outputs.clientId]) : authCallers
    allowRaiseEvent: allowRaiseEvent
  }
}

module alerts 'modules/alerts.bicep' = if (!empty(alertEmails)) {
  name: 'alerts'
  scope: group
  params: {
    prefix: 'greenlight-${environmentName}'
    location: location
    tags: tags
    componentId: monitoring.outputs.componentId
    emails: alertEmails
  }
}

module answers 'modules/workbook.bicep' = if (workbook) {
  name: 'workbook'
  scope: group
  params: {
    title: 'Greenlight ${environmentName}'
    location: location
    tags: tags
    componentId: monitoring.outputs.componentId
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0 && !empty(alertEmails)) {
  name: 'budget'
  scope: group
  params: {
    name: 'greenlight-${environmentName}'
    amount: monthlyBudget
    emails: alertEmails
    start: empty(budgetStart)
      ? fail('monthlyBudget needs budgetStart: the first day of this month, for example 2026-12-01. Keep it once the budget exists.')
      : budgetStart
  }
}

module logicAppIdentity 'modules/identity.bicep' = if (logicApp) {
  name: 'logic-app-identity'
  scope: group
  params: { name: 'id-mail-${token}', location: location, tags: tags }
}

module approvalByMail 'modules/logic-app.bicep' = if (logicApp) {
  name: 'logic-app'
  scope: group
  params: {
    name: 'logic-greenlight-${token}'
    location: location
    tags: tags
    greenlightUrl: app.outputs.uri
    authClientId: authClientId
    authTenantId: authTenantId
    callerPrincipalId: identity.outputs.principalId
    keyVaultName: keyVault.outputs.name
    identityId: logicAppIdentity!.outputs.id
    identityPrincipalId: logicAppIdentity!.outputs.principalId
  }
}

@description('Entra tenant of the app\'s identity: infra/entra-app.sh names it in the federated credential.')
output AZURE_TENANT_ID string = tenant().tenantId

@description('Resource group of everything.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app; azd deploys to it.')
output SERVICE_API_NAME string = app.outputs.name

@description('Address of Greenlight.')
output SERVICE_API_URI string = empty(publicUrl) ? app.outputs.uri : publicUrl

@description('Where the app registration sends people back to after they signed in.')
output AUTH_REDIRECT_URI string = '${app.outputs.uri}/.auth/login/aad/callback'

@description('Object id of the app\'s identity: the subject of the app registration\'s federated credential.')
output APP_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId

@description('Name of the key vault.')
output KEY_VAULT_NAME string = keyVault.outputs.name

@description('Name of the storage account that holds proposals and evidence.')
output EVIDENCE_STORAGE_NAME string = evidenceStorage.outputs.name

@description('Where Greenlight asks the Logic App; empty where there is none.')
output LOGIC_APP_URI string = logicApp ? approvalByMail!.outputs.uri : ''
