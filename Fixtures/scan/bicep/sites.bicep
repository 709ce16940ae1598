type container = {
  image: string
  linuxFxVersion: string?
  nested: { image: string }[]
}
type kinds =
  | { image: string, kind: 'a' }
  | { image: 'docker.io/acme/type:1', kind: 'b' }
param settings { image: string } = { image: 'docker.io/acme/given:1' }
param more {
  image: string
}
resource a 'Microsoft.Web/sites@2022-09-01' = {
  properties: { siteConfig: { windowsFxVersion: 'DOCKER|mcr.microsoft.com/acme/win:1' } }
}
resource b 'Microsoft.Web/sites@2022-09-01' = {
  properties: { siteConfig: { linuxFxVersion: isNode ? 'NODE|18-lts' : 'DOCKER|nginx:1.27' } }
}
output used { image: string } = { image: 'docker.io/acme/out:1' }
