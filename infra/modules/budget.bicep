// Says so, before the invoice does, when the month gets expensive. It stops nothing.

@description('Name of the budget.')
param name string

@description('Amount for a month, in the currency of the subscription.')
param amount int

@description('Who is told; empty: the owners of the subscription.')
param emails string[]

@description('First day of the month in which the budget is deployed first, for example 2026-12-01. Azure takes no other month for a new budget, and never lets the date of an existing one change.')
@minLength(10)
@maxLength(10)
param start string

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
        contactRoles: empty(emails) ? ['Owner'] : []
      }
      forecast: {
        enabled: true
        thresholdType: 'Forecasted'
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        contactEmails: emails
        contactRoles: empty(emails) ? ['Owner'] : []
      }
    }
  }
}
