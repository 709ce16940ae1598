variable "container" { type = string }
variable "app_version" { default = "1" }
variable "side" { default = "redis" }
resource "docker_container" "worker" {
  image = var.container
}
resource "docker_container" "agent" {
  image = "acme/agent:${var.app_version}"
}
resource "docker_container" "side" {
  image = var.side
}
