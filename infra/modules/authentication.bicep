// Easy Auth with Entra in front of everything. The platform checks the token and writes X-MS-CLIENT-PRINCIPAL; the app
// believes that header because nothing reaches it past this door.

@description('Name of the function app.')
param siteName string

@description('Client id of the Entra app registration (infra/entra_app.py makes it).')
@minLength(36)
@maxLength(36)
param clientId string

@description('Entra tenant whose people may sign in.')
param tenantId string

@description('Name of the setting by which Easy Auth finds the identity that signs in for the app, instead of a client secret.')
param signInSetting string

@description('Client ids of other applications whose tokens are let in, beside Greenlight\'s own.')
param callers string[]

@description('Let the raise-event API through without a token: its system key alone guards it then. Greenlight stores what comes in there as not authenticated, and no header of such a request names a person to it.')
param allowRaiseEvent bool

var webhooks = ['/runtime/webhooks/durabletask', '/runtime/webhooks/durabletask/*']

resource site 'Microsoft.Web/sites@2024-04-01' existing = {
  name: siteName
}

resource authentication 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: site
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true, runtimeVersion: '~1' }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: concat(['/api/health'], allowRaiseEvent ? webhooks : [])
    }
    httpSettings: {
      requireHttps: true
      routes: { apiPrefix: '/.auth' }
      forwardProxy: { convention: 'NoProxy' }
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0'
          clientId: clientId
          clientSecretSettingName: signInSetting
        }
        validation: {
          allowedAudiences: [clientId, 'api://${clientId}']
          defaultAuthorizationPolicy: { allowedApplications: concat([clientId], callers) }
        }
      }
    }
    login: {
      routes: { logoutEndpoint: '/.auth/logout' }
      tokenStore: { enabled: false }
      preserveUrlFragmentsForLogins: true
      cookieExpiration: { convention: 'FixedTime', timeToExpiration: '08:00:00' }
      nonce: { validateNonce: true, nonceExpirationInterval: '00:05:00' }
    }
  }
}
