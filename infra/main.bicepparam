// What `azd up` deploys: the values of the azd environment (`azd env set NAME VALUE`), small and cheap where nothing is set.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
// azd reads this file before its hook has made the registration; what is deployed is what the hook has set
param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID', '00000000-0000-0000-0000-000000000000')
param allowRaiseEvent = bool(readEnvironmentVariable('ALLOW_RAISE_EVENT', 'false'))
param directorySource = readEnvironmentVariable('DIRECTORY_SOURCE', 'file')
param publicUrl = readEnvironmentVariable('PUBLIC_URL', '')
param durableEngine = readEnvironmentVariable('DURABLE_ENGINE', 'azureStorage')
param privateNetworking = bool(readEnvironmentVariable('PRIVATE_NETWORKING', 'false'))
param purgeAfterDays = int(readEnvironmentVariable('PURGE_AFTER_DAYS', '30'))
param recordsImmutabilityDays = int(readEnvironmentVariable('RECORDS_IMMUTABILITY_DAYS', '0'))
param alertEmails = filter(split(readEnvironmentVariable('ALERT_EMAILS', ''), ','), email => !empty(email))
param monthlyBudget = int(readEnvironmentVariable('MONTHLY_BUDGET', '0'))
param logicApp = bool(readEnvironmentVariable('LOGIC_APP', 'false'))
param logicAppUri = readEnvironmentVariable('LOGIC_APP_URI', '')
param smtpHost = readEnvironmentVariable('SMTP_HOST', '')
param smtpPort = readEnvironmentVariable('SMTP_PORT', '')
param smtpSecurity = readEnvironmentVariable('SMTP_SECURITY', 'starttls')
param smtpUser = readEnvironmentVariable('SMTP_USER', '')
param mailFrom = readEnvironmentVariable('MAIL_FROM', '')
param teams = bool(readEnvironmentVariable('TEAMS', 'false'))
