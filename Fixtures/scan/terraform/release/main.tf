resource "helm_release" "web" {
  set {
    name  = "image.repository"
    value = "quay.io/acme/web"
  }
  set {
    name  = "image.tag"
    value = "v1"
  }
  set {
    name  = "proxy.image.repository"
    value = "quay.io/acme/proxy"
  }
}

resource "helm_release" "list" {
  set = [
    { name = "image.registry", value = "ghcr.io" },
    { name = "image.repository", value = "acme/list" },
    { name = "image.tag", value = "2" },
  ]
}

resource "docker_image" "cache" {
  name = "redis:7"
}

resource "docker_container" "cache" {
  image = docker_image.cache.image_id
}
