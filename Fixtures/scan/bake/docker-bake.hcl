variable "GO_IMAGE" { default = "golang:1.24" }
variable "TAG" { default = "3.20" }
group "default" { targets = ["app"] }
target "app" {
  contexts = {
    base = "docker-image://alpine:3.20"
    src  = "target:other"
  }
  args = {
    BASE    = "debian:12"
    GO      = GO_IMAGE
    RUNTIME = "gcr.io/distroless/base:${TAG}"
    VERSION = "1.2"
  }
  tags     = ["acme/app:1", "docker.io/acme/app:latest"]
  cache-to = ["type=registry,ref=acme/cache:1"]
}
target "inline" {
  dockerfile-inline = <<EOT
FROM busybox:1.36
RUN true
EOT
}
target "file" {
  context    = "web"
  dockerfile = "Web.dockerfile"
}
