// Private endpoints, and the names by which they are found. The task hub needs blob, queue and table of its account.
// Only the zones of the services that are asked for are made.

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the virtual network.')
param networkId string

@description('Resource id of the subnet that the endpoints lie in.')
param subnetId string

@description('What gets an endpoint: the resource, which of its services, and the name of the endpoint.')
param targets {
  name: string
  resourceId: string
  service: ('blob' | 'queue' | 'table' | 'vault' | 'sites' | 'scheduler')
}[]

var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
  sites: 'privatelink.azurewebsites.net'
  scheduler: 'privatelink.durabletask.io'
}
var services = union(map(targets, target => target.service), [])

resource dns 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for service in services: {
    name: zones[service]
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (service, index) in services: {
    parent: dns[index]
    name: 'greenlight'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for target in targets: {
    name: target.name
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: target.name
          properties: {
            privateLinkServiceId: target.resourceId
            groupIds: [target.service]
          }
        }
      ]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (target, index) in targets: {
    parent: endpoints[index]
    name: 'default'
    dependsOn: [dns]
    properties: {
      privateDnsZoneConfigs: [
        {
          name: target.service
          properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zones[target.service]) }
        }
      ]
    }
  }
]
