// image: 'commented:1'
@description('Which image')
param webImage string = 'docker.io/acme/web:1'
param location string = 'x/y:1'
var tag = '7'
resource a 'Microsoft.App/containerApps@2023-05-01' = {
  properties: {
    template: {
      containers: [
        {
          image: 'docker.io/acme/api:1'
        }
        {
          image: webImage
        }
        {
          image: 'redis:${tag}'
        }
        {
          image: '${registry}/x:1'
        }
      ]
    }
  }
}
resource b 'Microsoft.Web/sites@2022-09-01' = {
  properties: { siteConfig: { linuxFxVersion: 'DOCKER|nginx:1.27' } }
}
