// The parameters of a deployment, for azd and for `az deployment` alike. The variable PARAMETER_FILE names one of the files
// in environments/; what that does not set has its default in main.bicep. A new environment is a file and a line here.
using 'main.bicep'

var environments = {
  dev: loadYamlContent('environments/dev.yaml')
  prod: loadYamlContent('environments/prod.yaml')
  'second-region': loadYamlContent('environments/second-region.yaml')
}
var chosen = environments[readEnvironmentVariable('PARAMETER_FILE', 'dev')]
var declared = loadJsonContent('main.json', 'parameters')
var defaults = toObject(
  filter(items(declared), each => contains(each.value, 'defaultValue')),
  each => each.key,
  each => each.value.defaultValue
)
var settings = union(defaults, chosen)
var unknown = filter(objectKeys(chosen), key => !contains(declared, key))

// what azd and its hooks know
param environmentName = empty(unknown)
  ? readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
  : fail('infra/environments: there is no parameter ${join(unknown, ', ')} in infra/main.bicep.')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
// azd reads this file before its hook has made the registration; what is deployed is what the hook has set
param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID', '00000000-0000-0000-0000-000000000000')
param logicAppUri = readEnvironmentVariable('LOGIC_APP_URI', '')

// what the environment's file says
param resourceGroupName = settings.resourceGroupName
param authTenantId = settings.authTenantId
param authCallers = settings.authCallers
param azureCli = settings.azureCli
param allowRaiseEvent = settings.allowRaiseEvent
param directorySource = settings.directorySource
param publicUrl = settings.publicUrl
param customDomain = settings.customDomain
param customDomainCertificate = settings.customDomainCertificate
param pythonVersion = settings.pythonVersion
param taskHubName = settings.taskHubName
param durableEngine = settings.durableEngine
param schedulerSku = settings.schedulerSku
param schedulerIpAllowlist = settings.schedulerIpAllowlist
param maximumInstanceCount = settings.maximumInstanceCount
param instanceMemoryMB = settings.instanceMemoryMB
param alwaysReady = settings.alwaysReady
param hostStorageSku = settings.hostStorageSku
param evidenceStorageSku = settings.evidenceStorageSku
param evidenceAccountName = settings.evidenceAccountName
param evidenceAccountGroup = settings.evidenceAccountGroup
param softDeleteDays = settings.softDeleteDays
param versionDays = settings.versionDays
param purgeAfterDays = settings.purgeAfterDays
param recordsImmutabilityDays = settings.recordsImmutabilityDays
param recordsImmutabilityLocked = settings.recordsImmutabilityLocked
param recordsCreateOnly = settings.recordsCreateOnly
param locks = settings.locks
param privateNetworking = settings.privateNetworking
param privateApp = settings.privateApp
param networkAddressPrefix = settings.networkAddressPrefix
param purgeProtection = settings.purgeProtection
param logRetentionDays = settings.logRetentionDays
param logDailyCapGb = settings.logDailyCapGb
param alerts = settings.alerts
param alertEmails = settings.alertEmails
param workbook = settings.workbook
param monthlyBudget = settings.monthlyBudget
param budgetStart = settings.budgetStart
param logicApp = settings.logicApp
param smtpHost = settings.smtpHost
param smtpPort = settings.smtpPort
param smtpSecurity = settings.smtpSecurity
param smtpUser = settings.smtpUser
param mailFrom = settings.mailFrom
param teams = settings.teams
