// Says so, before the invoice does, when the month gets expensive. It stops nothing.

@description('Name of the budget.')
param name string

@description('Amount for a month, in the currency of the subscription.')
param amount int

@description('Who is told.')
@minLength(1)
param emails string[]

@description('First day of the first month it counts. A deployment in a later month begins anew there, which changes nothing: months are counted one by one.')
param start string = utcNow('yyyy-MM-01')

resource budget 'Microsoft.Consumption/budgets@2023-11-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: start }
    notifications: {
      spent: {
        enabled: true
        thresholdType: 'Actual'
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        contactEmails: emails
      }
      forecast: {
        enabled: true
        thresholdType: 'Forecasted'
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        contactEmails: emails
      }
    }
  }
}
