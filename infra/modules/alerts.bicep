// Who is told when something needs a hand. Each row names the runbook that says what to do, a page of docs/operations/.
// Log queries are files of their own, to be run by hand as well. A new alert is a query and a row here.

@description('First part of the names of the alerts.')
param prefix string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the Application Insights component.')
param componentId string

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Resource ids of the storage accounts that are watched for throttling.')
param storageIds string[]

@description('Resource id of the key vault whose secrets and certificates are watched for their end.')
param vaultId string

@description('Address that is asked from outside every five minutes; empty: nobody asks.')
param healthUri string

@description('Who is told by mail; empty: the owners of the subscription.')
param emails string[]

// window: how far back a query looks. threshold: the alert fires above this many rows; atLeastOne: below one row.
var alerts = [
  {
    name: 'failed-orchestrations'
    text: 'An orchestration ended with an error: nobody is asked any more.'
    runbook: 'stuck-instances.md'
    query: loadTextContent('../queries/failed-orchestrations.kql')
    severity: 1
    window: 'PT15M'
  }
  {
    name: 'failing-functions'
    text: 'A function fails again and again.'
    runbook: 'failing-functions.md'
    query: loadTextContent('../queries/failing-functions.kql')
    severity: 1
    window: 'PT30M'
  }
  {
    name: 'instances-in-trouble'
    text: 'What one proposal needs fails again and again: it waits until the cause is mended.'
    runbook: 'stuck-instances.md'
    query: loadTextContent('../queries/instances-in-trouble.kql')
    severity: 2
    window: 'PT1H'
  }
  {
    name: 'stuck-instances'
    text: 'The sweep starts or rings for the same instance again and again: nothing acts on it.'
    runbook: 'stuck-instances.md'
    query: loadTextContent('../queries/stuck.kql')
    severity: 2
    window: 'PT30M'
  }
  {
    name: 'slow-decisions'
    text: 'Decisions wait in the queue for more than a minute before they take effect.'
    runbook: 'slow.md'
    query: loadTextContent('../queries/slow-decisions.kql')
    severity: 2
    window: 'PT15M'
  }
  {
    name: 'failed-publications'
    text: 'A decided proposal could not be published.'
    runbook: 'failed-publication.md'
    query: loadTextContent('../queries/failed-publications.kql')
    severity: 2
    window: 'PT15M'
  }
  {
    name: 'silent-sweep'
    text: 'The sweep has not run for a quarter of an hour: the app is down, or cannot reach its storage.'
    runbook: 'app-down.md'
    query: loadTextContent('../queries/silent-sweep.kql')
    severity: 1
    window: 'PT15M'
    atLeastOne: true
  }
  {
    name: 'server-errors'
    text: 'Greenlight answers with errors of its own (5xx).'
    runbook: 'app-down.md'
    query: loadTextContent('../queries/server-errors.kql')
    severity: 1
    window: 'PT15M'
  }
  {
    name: 'slow-answers'
    text: 'One answer in twenty takes longer than two seconds.'
    runbook: 'slow.md'
    query: loadTextContent('../queries/slow-answers.kql')
    severity: 3
    window: 'PT30M'
  }
  {
    name: 'undelivered-messages'
    text: 'Messages are not delivered, and have not been for half an hour.'
    runbook: 'undelivered-messages.md'
    query: loadTextContent('../queries/undelivered.kql')
    severity: 2
    window: 'PT30M'
  }
  {
    name: 'stale-directory'
    text: 'Microsoft Graph cannot be read: people are those of a while ago, and soon nobody is let in.'
    runbook: 'stale-directory.md'
    query: loadTextContent('../queries/stale-directory.kql')
    severity: 2
    window: 'PT30M'
  }
]

// Rows of the workspace itself, which Application Insights does not show.
var workspaceAlerts = [
  {
    name: 'log-cap'
    text: 'The daily cap of logs is reached: nothing is logged, and no other alert fires, until tomorrow.'
    runbook: 'log-cap.md'
    query: loadTextContent('../queries/log-cap.kql')
    severity: 1
    window: 'PT30M'
  }
]

var runbooks = 'Runbook: docs/operations/'
var owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635' // the built-in role Owner
var watched = concat(
  map(alerts, alert => union(alert, { scope: componentId })),
  map(workspaceAlerts, alert => union(alert, { scope: workspaceId }))
)

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-operators'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'greenlight'
    emailReceivers: [
      for (email, index) in emails: {
        name: 'operator-${index}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
    armRoleReceivers: empty(emails) ? [{ name: 'owners', roleId: owner, useCommonAlertSchema: true }] : []
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in watched: {
    name: '${prefix}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Greenlight: ${replace(alert.name, '-', ' ')}'
      description: '${alert.text} ${runbooks}${alert.runbook}'
      enabled: true
      severity: alert.severity
      scopes: [alert.scope]
      evaluationFrequency: 'PT5M'
      windowSize: alert.window
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: contains(alert, 'atLeastOne') ? 'LessThan' : 'GreaterThan'
            threshold: contains(alert, 'atLeastOne') ? 1 : 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]

// https://learn.microsoft.com/troubleshoot/azure/azure-storage/blobs/alerts/troubleshoot-storage-availability
resource throttling 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for (storageId, index) in storageIds: {
    name: '${prefix}-storage-throttling-${index}'
    location: 'global'
    tags: tags
    properties: {
      description: 'Azure Storage refuses requests because there are too many. ${runbooks}slow.md'
      enabled: true
      severity: 2
      scopes: [storageId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: 'throttled'
            metricNamespace: 'Microsoft.Storage/storageAccounts'
            metricName: 'Transactions'
            dimensions: [
              {
                name: 'ResponseType'
                operator: 'Include'
                values: [
                  'ClientAccountBandwidthThrottlingError'
                  'ClientAccountRequestThrottlingError'
                  'ClientThrottlingError'
                  'ServerBusyError'
                ]
              }
            ]
            operator: 'GreaterThan'
            threshold: 20
            timeAggregation: 'Total'
          }
        ]
      }
      actions: [{ actionGroupId: people.id }]
    }
  }
]

resource health 'Microsoft.Insights/webtests@2022-06-15' = if (!empty(healthUri)) {
  name: '${prefix}-health'
  location: location
  tags: union(tags, { 'hidden-link:${componentId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${prefix}-health'
    Name: '${prefix}-health'
    Description: 'GET /api/health, from three places.'
    Enabled: true
    Frequency: 300
    Timeout: 30
    Kind: 'standard'
    RetryEnabled: true
    Locations: [
      { Id: 'emea-nl-ams-azr' } // West Europe
      { Id: 'emea-gb-db3-azr' } // North Europe
      { Id: 'us-va-ash-azr' } // East US
    ]
    Request: { RequestUrl: healthUri, HttpVerb: 'GET', ParseDependentRequests: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 14 }
  }
}

resource unreachable 'Microsoft.Insights/metricAlerts@2018-03-01' = if (!empty(healthUri)) {
  name: '${prefix}-unreachable'
  location: 'global'
  tags: union(tags, { 'hidden-link:${componentId}': 'Resource', 'hidden-link:${health.id}': 'Resource' })
  properties: {
    description: 'Two of three places cannot reach /api/health, or its certificate ends within 14 days. ${runbooks}app-down.md'
    enabled: true
    severity: 1
    scopes: [componentId, health.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: health.id
      componentId: componentId
      failedLocationCount: 2
    }
    actions: [{ actionGroupId: people.id }]
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: last(split(vaultId, '/'))
}

// Key Vault says so itself, 30 days ahead: https://learn.microsoft.com/azure/event-grid/handle-key-vault-events-using-azure-monitor-alerts
resource vaultEvents 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: '${prefix}-vault'
  location: location
  tags: tags
  properties: { source: vault.id, topicType: 'Microsoft.KeyVault.vaults' }

  resource ending 'eventSubscriptions' = {
    name: 'ending'
    properties: {
      eventDeliverySchema: 'CloudEventSchemaV1_0'
      destination: {
        endpointType: 'MonitorAlert'
        properties: {
          severity: 'Sev2'
          description: 'A secret or certificate ends soon, or has ended. ${runbooks}keys.md'
          actionGroups: [people.id]
        }
      }
      filter: {
        includedEventTypes: [
          'Microsoft.KeyVault.SecretNearExpiry'
          'Microsoft.KeyVault.SecretExpired'
          'Microsoft.KeyVault.CertificateNearExpiry'
          'Microsoft.KeyVault.CertificateExpired'
        ]
      }
    }
  }
}
