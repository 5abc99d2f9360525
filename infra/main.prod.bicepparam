// Production: evidence in three zones and a second region, records that cannot be changed, a private network, no cold
// start for people, and somebody who is told.
// az deployment sub create --location westeurope --template-file infra/main.bicep --parameters infra/main.prod.bicepparam
using 'main.bicep'

param environmentName = 'prod'
param location = 'westeurope'
param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID')
param publicUrl = 'https://greenlight.example.com'
param hostStorageSku = 'Standard_ZRS'
param evidenceStorageSku = 'Standard_RAGZRS'
param softDeleteDays = 90
param versionDays = 730
param recordsImmutabilityDays = 3650
param privateNetworking = true
param alwaysReady = true
param logRetentionDays = 90
param alertEmails = ['greenlight-operators@example.com']
param monthlyBudget = 250
param budgetStart = '2026-12-01'
