// Greenlight on Azure: one resource group, everything in it by managed identity, no keys. docs/operations/deploy.md says
// how to deploy. Each environment has a file in infra/environments/ that sets what differs from the defaults here.
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

@description('Client id of the Entra app registration that people sign in with. infra/entra_app.py makes it.')
@minLength(36)
@maxLength(36)
param authClientId string

@description('Entra tenant whose people may sign in; empty: the one of the deployment.')
param authTenantId string = ''

@description('Client ids of other applications whose tokens are let in.')
param authCallers string[] = []

@description('Let operators call the management API from the Azure CLI with a token of their own, beside the system key.')
param azureCli bool = true

@description('Let the raise-event API through Easy Auth: then its system key alone guards it, and what comes in is stored as not authenticated.')
param allowRaiseEvent bool = false

@description('Where people come from: the file config/directory.toml (file), or Microsoft Graph (graph), for which an administrator grants the permissions that docs/operations/people.md names.')
@allowed(['file', 'graph'])
param directorySource string = 'file'

@description('Address that people use, without a slash at its end, for example https://greenlight.example.com; empty: customDomain, or the app\'s own host name.')
param publicUrl string = ''

@description('Host name of your own for the app, for example greenlight.example.com. Its DNS records must exist first (docs/operations/network.md). Empty: none.')
param customDomain string = ''

@description('Name of the certificate for customDomain in the key vault. Needed where customDomain is set.')
param customDomainCertificate string = ''

@description('Version of Python.')
@allowed(['3.11', '3.12'])
param pythonVersion string = '3.11'

@description('Name of the task hub: 3 to 45 letters and digits, a letter first. Another name is another, empty hub.')
@minLength(3)
@maxLength(45)
param taskHubName string = 'GreenlightHub'

@description('Where orchestrations are kept: in Azure Storage (azureStorage), or in Durable Task Scheduler (azureManaged), which is experimental here and needs the package that is built for it (docs/operations/scheduler.md).')
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

@description('Redundancy of the host\'s storage and the task hub. With ZRS or GZRS the app itself runs in several zones, too; its instances kept ready are at least two a group then.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param hostStorageSku string = 'Standard_LRS'

@description('Redundancy of the storage of proposals and evidence.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
param evidenceStorageSku string = 'Standard_ZRS'

@description('Name of an existing account that holds proposals and evidence, after a failover to another region; empty: an account is made.')
param evidenceAccountName string = ''

@description('Resource group of that existing account; empty: the one of everything else.')
param evidenceAccountGroup string = ''

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

@description('Days for which a sealed record cannot be changed or deleted by anybody; 0: no immutability policy. The policy is deployed unlocked; somebody locks it (docs/operations/backup.md).')
@minValue(0)
@maxValue(146000)
param recordsImmutabilityDays int = 365

@description('Set this once somebody has locked the immutability policy: Azure refuses to deploy a locked policy again, so the template leaves it alone from then on.')
param recordsImmutabilityLocked bool = false

@description('The app may create and read sealed records, and neither overwrite nor delete one, by a condition on its role.')
param recordsCreateOnly bool = true

@description('Keep evidence and the key vault from being deleted: a lock that an owner must take off first.')
param locks bool = true

@description('Storage and key vault reachable from a virtual network alone.')
param privateNetworking bool = false

@description('The app itself reachable from the virtual network alone, by a private endpoint. Needs privateNetworking.')
param privateApp bool = false

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

@description('Deploy the alerts of docs/operations/alerts.md.')
param alerts bool = true

@description('Who is told by mail about alerts and the budget; empty: the owners of the subscription.')
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

// The location is part of the names: a second region is a second environment beside the first, never the same one moved.
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tenantOfPeople = empty(authTenantId) ? tenant().tenantId : authTenantId
var groupName = empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName
var newEvidence = empty(evidenceAccountName)
var evidenceId = newEvidence ? evidenceStorage!.outputs.id : existingEvidence!.outputs.id
var evidenceName = newEvidence ? evidenceStorage!.outputs.name : existingEvidence!.outputs.name
var evidenceBlobServiceUri = newEvidence
  ? evidenceStorage!.outputs.blobServiceUri
  : existingEvidence!.outputs.blobServiceUri
var address = !empty(publicUrl) ? publicUrl : empty(customDomain) ? '' : 'https://${customDomain}'
// https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
var azureCliClientId = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
var tags = { 'azd-env-name': environmentName }
var proposalsContainer = 'greenlight'
var recordsContainer = 'greenlight-records'
var smtpCredentialName = 'smtp-password'
var teamsWebhookName = 'teams-webhook-url'
var schedulerInUse = durableEngine == 'azureManaged'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: groupName
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

module evidenceStorage 'modules/evidence-storage.bicep' = if (newEvidence) {
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
    recordsCreateOnly: recordsCreateOnly
    workspaceId: monitoring.outputs.workspaceId
    lock: locks
  }
}

module existingEvidence 'modules/existing-evidence.bicep' = if (!newEvidence) {
  name: 'existing-evidence-${environmentName}'
  scope: resourceGroup(empty(evidenceAccountGroup) ? groupName : evidenceAccountGroup)
  params: {
    name: evidenceAccountName
    principalId: identity.outputs.principalId
    proposalsContainer: proposalsContainer
    recordsCreateOnly: recordsCreateOnly
    workspaceId: monitoring.outputs.workspaceId
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
    workspaceId: monitoring.outputs.workspaceId
    lock: locks
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
    targets: concat(
      [
        { name: 'pe-host-blob-${token}', resourceId: hostStorage.outputs.id, service: 'blob' }
        { name: 'pe-host-queue-${token}', resourceId: hostStorage.outputs.id, service: 'queue' }
        { name: 'pe-host-table-${token}', resourceId: hostStorage.outputs.id, service: 'table' }
        { name: 'pe-proof-blob-${token}', resourceId: evidenceId, service: 'blob' }
        { name: 'pe-vault-${token}', resourceId: keyVault.outputs.id, service: 'vault' }
      ],
      schedulerInUse ? [{ name: 'pe-scheduler-${token}', resourceId: scheduler!.outputs.id, service: 'scheduler' }] : []
    )
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
    isPrivate: privateNetworking
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
    evidenceBlobServiceUri: evidenceBlobServiceUri
    proposalsContainer: proposalsContainer
    recordsContainer: recordsContainer
    taskHubName: taskHubName
    schedulerConnection: schedulerInUse ? scheduler!.outputs.connection : ''
    applicationInsightsConnection: monitoring.outputs.connectionString
    directorySource: directorySource
    authClientId: authClientId
    publicUrl: address
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
    zoneRedundant: contains(hostStorageSku, 'ZRS')
    isPrivate: privateApp
  }
  dependsOn: [
    messageSecrets // the app reads them when it starts,
    privateEndpoints // and cannot reach them, nor its storage, before these exist
  ]
}

module appEndpoint 'modules/private-endpoints.bicep' = if (privateApp) {
  name: 'app-endpoint'
  scope: group
  params: {
    location: location
    tags: tags
    networkId: privateNetworking ? network!.outputs.networkId : fail('privateApp needs privateNetworking = true.')
    subnetId: network!.outputs.endpointSubnetId
    targets: [{ name: 'pe-app-${token}', resourceId: app.outputs.id, service: 'sites' }]
  }
}

module domain 'modules/custom-domain.bicep' = if (!empty(customDomain)) {
  name: 'custom-domain'
  scope: group
  params: {
    siteName: app.outputs.name
    location: location
    tags: tags
    hostName: customDomain
    keyVaultName: keyVault.outputs.name
    certificateName: empty(customDomainCertificate)
      ? fail('customDomain needs customDomainCertificate: the name of its certificate in the key vault.')
      : customDomainCertificate
    principalId: identity.outputs.principalId
  }
}

module authentication 'modules/authentication.bicep' = {
  name: 'authentication'
  scope: group
  params: {
    siteName: app.outputs.name
    clientId: authClientId
    tenantId: tenantOfPeople
    signInSetting: app.outputs.signInSetting
    callers: concat(
      authCallers,
      logicApp ? [logicAppIdentity!.outputs.clientId] : [],
      azureCli ? [azureCliClientId] : []
    )
    allowRaiseEvent: allowRaiseEvent
  }
}

module alerting 'modules/alerts.bicep' = if (alerts) {
  name: 'alerts'
  scope: group
  params: {
    prefix: 'greenlight-${environmentName}'
    location: location
    tags: tags
    componentId: monitoring.outputs.componentId
    workspaceId: monitoring.outputs.workspaceId
    storageIds: [hostStorage.outputs.id, evidenceId]
    vaultId: keyVault.outputs.id
    healthUri: privateApp ? '' : '${app.outputs.uri}/api/health'
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

module budget 'modules/budget.bicep' = if (monthlyBudget > 0) {
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
    authTenantId: tenantOfPeople
    callerPrincipalId: identity.outputs.principalId
    keyVaultName: keyVault.outputs.name
    identityId: logicAppIdentity!.outputs.id
    identityPrincipalId: logicAppIdentity!.outputs.principalId
  }
}

@description('Entra tenant of the app\'s identity: infra/entra_app.py names it in the federated credential.')
output AZURE_TENANT_ID string = tenant().tenantId

@description('Resource group of everything.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app; azd deploys to it.')
output SERVICE_API_NAME string = app.outputs.name

@description('Address of Greenlight.')
output SERVICE_API_URI string = empty(address) ? app.outputs.uri : address

@description('Where the app registration sends people back to after they signed in; commas between addresses.')
output AUTH_REDIRECT_URIS string = join(
  map(empty(address) ? [app.outputs.uri] : [app.outputs.uri, address], each => '${each}/.auth/login/aad/callback'),
  ','
)

@description('Object ids of the identities that call Greenlight or the Logic App with a token of their own; commas between them.')
output CALLER_PRINCIPAL_IDS string = join(
  concat([identity.outputs.principalId], logicApp ? [logicAppIdentity!.outputs.principalId] : []),
  ','
)

@description('Object id of the app\'s identity: the subject of the app registration\'s federated credential.')
output APP_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId

@description('Name of the key vault.')
output KEY_VAULT_NAME string = keyVault.outputs.name

@description('Name of the storage account of the host, the task hub and the package.')
output HOST_STORAGE_NAME string = hostStorage.outputs.name

@description('Name of the storage account that holds proposals and evidence.')
output EVIDENCE_STORAGE_NAME string = evidenceName

@description('Where Greenlight asks the Logic App; empty where there is none.')
output LOGIC_APP_URI string = logicApp ? approvalByMail!.outputs.uri : ''
