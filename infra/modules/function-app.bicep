// The app: a Flex Consumption plan, the site, and every setting it reads. Storage, telemetry and secrets are reached with
// the managed identity; nothing here is a secret.

@description('Name of the function app; also the first part of its host name.')
param name string

@description('Name of the plan.')
param planName string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Version of Python.')
@allowed(['3.11', '3.12'])
param pythonVersion string

@description('Resource id of the app\'s identity.')
param identityId string

@description('Client id of the app\'s identity.')
param identityClientId string

@description('Name of the storage account of the host and the task hub.')
param hostStorageName string

@description('Address of the container that the package is deployed to.')
param packageUri string

@description('Blob service of the account that holds proposals and evidence.')
param evidenceBlobServiceUri string

@description('Container of proposals.')
param proposalsContainer string

@description('Container of sealed records.')
param recordsContainer string

@description('Name of the task hub: 3 to 45 letters and digits, a letter first. Another name is another, empty hub.')
@minLength(3)
@maxLength(45)
param taskHubName string

@description('Connection string of the Durable Task Scheduler, which holds no secret; empty: the task hub is in Azure Storage.')
param schedulerConnection string

@description('Connection string of Application Insights.')
param applicationInsightsConnection string

@description('Where people come from: the file config/directory.toml (file), or Microsoft Graph (graph).')
@allowed(['file', 'graph'])
param directorySource string

@description('Client id of the app registration that people sign in with, which has the app roles.')
param authClientId string

@description('Address that people use, without a slash at its end; empty: the app\'s own host name.')
param publicUrl string

@description('Days after which the orchestration instances of a closed proposal are purged from the task hub.')
@minValue(1)
@maxValue(9999)
param purgeAfterDays int

@description('Name of the key vault.')
param keyVaultName string

@description('Name of the secret with the keys that sign links: the first signs, all of them are believed, commas between them.')
param linkSigningKeysName string

@description('Mail server that messages go to; empty: no mail.')
param smtpHost string

@description('Port of the mail server; empty: the usual one.')
param smtpPort string

@description('How the connection to the mail server is encrypted: from a plain beginning (starttls), or from the first byte (tls).')
@allowed(['starttls', 'tls'])
param smtpSecurity string

@description('Who signs in at the mail server; empty: nobody.')
param smtpUser string

@description('Name of the secret with the password of that user.')
param smtpCredentialName string

@description('Whom mail is from, for example Greenlight <greenlight@example.com>.')
param mailFrom string

@description('Post messages to Teams.')
param teams bool

@description('Name of the secret with the address that Teams takes messages at.')
param teamsWebhookName string

@description('Where the Logic App is asked; empty: it is not.')
param logicAppUri string

@description('For whom a token must be made out that the Logic App takes.')
param logicAppAudience string

@description('Resource id of the subnet for outgoing traffic; empty: none.')
param subnetId string

@description('The most instances the plan may start.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Memory of an instance in megabytes.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Keep one instance for HTTP and one for orchestrations ready at all times: no cold start, but they are paid by the hour.')
param alwaysReady bool

@description('Run in several zones of the region. The region must have zones, and the storage of the host must be there in all of them.')
param zoneRedundant bool

@description('Reachable by a private endpoint alone.')
param isPrivate bool

var settings = {
  AzureWebJobsStorage__accountName: hostStorageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsDisableHomepage: 'true'
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnection
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // What the exporter would tell its makers about itself.
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'true'
  AZURE_FUNCTIONS_DURABLE_STRICT_TYPING: '1'
  TASKHUB_NAME: taskHubName
  PROPOSALS_STORAGE__blobServiceUri: evidenceBlobServiceUri
  PROPOSALS_STORAGE__clientId: identityClientId
  PROPOSALS_CONTAINER: proposalsContainer
  RECORDS_CONTAINER: recordsContainer
  IDENTITY: 'easyauth'
  POLICY_FILE: 'config/policy.toml'
  DIRECTORY: directorySource
  DIRECTORY_FILE: directorySource == 'graph' ? 'config/graph.toml' : 'config/directory.toml'
  GRAPH_CLIENT_ID: identityClientId
  GRAPH_APP_ID: authClientId
  PUBLIC_URL: empty(publicUrl) ? 'https://${site.properties.defaultHostName}' : publicUrl
  PURGE_AFTER_DAYS: string(purgeAfterDays)
  LINK_SIGNING_KEYS: '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName=${linkSigningKeysName})'
  SMTP_HOST: smtpHost
  SMTP_PORT: smtpPort
  SMTP_SECURITY: smtpSecurity
  SMTP_USER: smtpUser
  SMTP_PASSWORD: empty(smtpUser)
    ? ''
    : '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName=${smtpCredentialName})'
  MAIL_FROM: mailFrom
  TEAMS_WEBHOOK_URL: teams ? '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName=${teamsWebhookName})' : ''
  LOGIC_APP_URI: logicAppUri
  LOGIC_APP_AUDIENCE: logicAppAudience
  // The identity stands in for a client secret: https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad
  OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId
}

// Which engine it is says host.json in the package (scripts/release/package.py): the scale controller reads it there, and no
// app setting reaches the controller.
var schedulerSettings = empty(schedulerConnection)
  ? {}
  : { DURABLE_TASK_SCHEDULER_CONNECTION_STRING: schedulerConnection }

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource site 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
    functionAppConfig: {
      runtime: { name: 'python', version: pythonVersion }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: instanceMemoryMB
        alwaysReady: alwaysReady
          ? [
              { name: 'http', instanceCount: 1 }
              { name: 'durable', instanceCount: 1 }
            ]
          : []
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: site
  name: 'appsettings'
  properties: union(settings, schedulerSettings)
}

// Deployments sign in with Entra; the user names and passwords of old are off.
resource publishingByFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: site
  name: 'ftp'
  properties: { allow: false }
}

resource publishingByScm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: site
  name: 'scm'
  properties: { allow: false }
}

@description('Resource id of the function app.')
output id string = site.id

@description('Name of the function app.')
output name string = site.name

@description('Address of the function app itself.')
output uri string = 'https://${site.properties.defaultHostName}'

@description('Name of the setting by which Easy Auth finds the identity that signs in for the app.')
output signInSetting string = 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
