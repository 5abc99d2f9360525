// A page in the portal that answers what operators ask. The queries are files of their own, to be run by hand as well.

@description('Title of the workbook.')
param title string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the Application Insights component.')
param componentId string

var answers = [
  { title: 'What is stuck and why', query: loadTextContent('../answers/stuck.kql') }
  { title: 'What is overdue with whom', query: loadTextContent('../answers/overdue.kql') }
  { title: 'Time to decide by stage', query: loadTextContent('../answers/time-to-decide.kql') }
  { title: 'Which messages are not delivered', query: loadTextContent('../answers/undelivered.kql') }
  {
    title: 'Which decisions were refused at the raise-event door'
    query: loadTextContent('../answers/refused-events.kql')
  }
]

var period = {
  type: 9
  content: {
    version: 'KqlParameterItem/1.0'
    parameters: [
      {
        id: guid(componentId, 'period')
        version: 'KqlParameterItem/1.0'
        name: 'Period'
        type: 4
        isRequired: true
        value: { durationMs: 604800000 }
        typeSettings: {
          selectableValues: [{ durationMs: 86400000 }, { durationMs: 604800000 }, { durationMs: 2592000000 }]
          allowCustom: true
        }
      }
    ]
    queryType: 0
    resourceType: 'microsoft.insights/components'
  }
  name: 'period'
}

var tables = [
  for answer in answers: {
    type: 3
    content: {
      version: 'KqlItem/1.0'
      title: answer.title
      query: answer.query
      size: 0
      timeContextFromParameter: 'Period'
      noDataMessage: 'Nothing.'
      queryType: 0
      resourceType: 'microsoft.insights/components'
    }
    name: answer.title
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(componentId, 'greenlight')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: title
    category: 'workbook'
    sourceId: componentId
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat([period], tables)
      fallbackResourceIds: [componentId]
    })
  }
}
