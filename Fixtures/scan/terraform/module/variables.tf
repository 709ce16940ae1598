variable "web" {
  type    = string
  default = "ghcr.io/acme/web:3"
}
variable "tag" { default = "1.0" }
variable "proxy_image" { default = "nginx:1.27" }
variable "plain" { default = "redis" }
variable "none" { type = string }
variable "images" {
  default = {
    job = { name = "quay.io/acme/job", tag = "7" }
  }
}
