/* image = "commented/out:1" */
variable "web_image" {
  type    = string
  default = "docker.io/acme/web:1" # the web
}
variable "tag" { default = "16" }
variable "ami_image" { default = "ubuntu-22-04-x64" }
locals {
  registry  = "quay.io"
  job_image = "${local.registry}/acme/job:2"
  other     = "x"
}
resource "google_cloud_run_v2_service" "s" {
  template {
    containers {
      image = "docker.io/acme/run:1"
    }
    containers { image = var.web_image }
    containers {
      image = "postgres:${var.tag}"
    }
    containers {
      image = var.elsewhere
    }
    containers {
      image = var.big ? "redis:7" : "redis:6"
    }
  }
}
resource "google_compute_instance" "vm" {
  boot_disk {
    initialize_params { image = "debian-cloud/debian-12:1" }
  }
}
resource "aws_codebuild_project" "p" {
  environment { image = "aws/codebuild/standard:5.0" }
}
resource "docker_image" "nginx" { name = "nginx:1.27" }
resource "docker_image" "own" {
  name = "acme/own:1"
  build { context = "." }
}
resource "aws_ecs_task_definition" "t" {
  container_definitions = jsonencode([
    {
      name      = "a"
      image     = "public.ecr.aws/acme/a:1"
      essential = true
    },
    { name : "b", "image" : "${aws_ecr_repository.b.repository_url}:latest" },
  ])
}
resource "aws_ecs_task_definition" "u" {
  container_definitions = <<-JSON
    [{"name": "c", "image": "ghcr.io/acme/c:3", "cpu": ${var.cpu}}]
    JSON
}
resource "kubernetes_deployment" "d" {
  spec {
    template {
      spec {
        container {
          image = "busybox"
          name  = "b"
        }
      }
    }
  }
}
resource "helm_release" "r" {
  chart = "redis"
  set {
    name  = "sidecar.image"
    value = "ghcr.io/acme/sidecar:1"
  }
  set = [{ name = "exporterImage", value = "ghcr.io/acme/exporter:1" }]
  values = [<<EOF
image:
  repository: bitnami/redis
  tag: "7.2"
EOF
  ]
}
resource "kubectl_manifest" "m" {
  yaml_body = <<YAML
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - image: alpine:3.20
YAML
}
module "service" {
  source          = "./service"
  container_image = "ghcr.io/acme/module:1"
  image           = "ubuntu-2204-lts"
  sidecars        = { for k in ["a"] : k => { image = "ghcr.io/acme/side:${k}" } }
  plain           = "a/b:1"
}
output "x" { value = "$${not.this}" }
