// Development: nothing is kept ready, nothing is kept twice, and a runaway log costs little.
// az deployment sub create --location westeurope --template-file infra/main.bicep --parameters infra/main.dev.bicepparam
using 'main.bicep'

param environmentName = 'dev'
param location = 'westeurope'
param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID')
param allowRaiseEvent = true
param evidenceStorageSku = 'Standard_LRS'
param softDeleteDays = 7
param versionDays = 30
param purgeProtection = false
param logDailyCapGb = 1
