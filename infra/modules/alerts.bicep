// Who is told when something needs a hand. The queries are files of their own, to be run by hand as well.

@description('First part of the names of the alerts.')
param prefix string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the Application Insights component.')
param componentId string

@description('Who is told by mail.')
@minLength(1)
param emails string[]

var alerts = [
  {
    name: 'stuck-instances'
    text: 'Proposals on which nothing acts. docs/operations.md, "Stuck instances", says what to look at.'
    query: loadTextContent('../queries/stuck.kql')
    severity: 2
    window: 'PT30M'
    operator: 'GreaterThan'
  }
  {
    name: 'failed-orchestrations'
    text: 'An orchestration ended with an error. docs/operations.md, "Stuck instances".'
    query: loadTextContent('../queries/failed-orchestrations.kql')
    severity: 1
    window: 'PT15M'
    operator: 'GreaterThan'
  }
  {
    name: 'failed-publications'
    text: 'A decided proposal could not be published. Run the publication again when the cause is mended.'
    query: loadTextContent('../queries/failed-publications.kql')
    severity: 2
    window: 'PT15M'
    operator: 'GreaterThan'
  }
  {
    name: 'poison-decisions'
    text: 'What settles decisions fails again and again. docs/operations.md, "Stuck instances".'
    query: loadTextContent('../queries/poison-decisions.kql')
    severity: 1
    window: 'PT30M'
    operator: 'GreaterThan'
  }
  {
    name: 'silent-sweep'
    text: 'The sweep has not run for a quarter of an hour: the app is down, or cannot reach its storage.'
    query: loadTextContent('../queries/silent-sweep.kql')
    severity: 1
    window: 'PT15M'
    operator: 'LessThan'
  }
]

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
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: '${prefix}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Greenlight: ${replace(alert.name, '-', ' ')}'
      description: alert.text
      enabled: true
      severity: alert.severity
      scopes: [componentId]
      evaluationFrequency: 'PT5M'
      windowSize: alert.window
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: alert.operator
            threshold: alert.operator == 'LessThan' ? 1 : 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]
