variable "IMAGE_db" { default = "quay.io/acme/db:1" }
variable "db_image_name" { default = "acme/no-host:1" }
variable "image_tag_mutability" { default = "MUTABLE" }
variable "image_list" { default = ["quay.io/acme/listed:1", "redis:6"] }
variable "images" {
  default = {
    web  = "quay.io/acme/web:1"
    db   = "postgres:16"
    disk = "ubuntu-22-04"
    api  = { path = "quay.io/acme/nested:1" }
  }
}
variable "machine_images" { default = { a = "ami-0123456789", b = "debian-cloud/debian-12" } }
variable "one_images" { default = { repository = "quay.io/acme/fields", tag = "1" } }
locals {
  tag         = "7"
  job_images  = concat(["quay.io/acme/job:${local.tag}"], tolist(["quay.io/acme/also:1"]))
  text_images = "quay.io/acme/t1:1, quay.io/acme/t2:1"
  plain_list  = ["quay.io/acme/plain:1"]
}
resource "lxd_instance" "vm" {
  config { images = ["quay.io/acme/machine:1"] }
}
resource "kubernetes_deployment" "d" {
  spec { container { image = var.images.db } }
}
resource "helm_release" "r" {
  set {
    name  = "images.side"
    value = "quay.io/acme/side:1"
  }
  set {
    name  = "images.repository"
    value = "quay.io/acme/field"
  }
}
