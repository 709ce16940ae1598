locals {
  registry = "registry.example/acme"
  api      = "${local.registry}/api:${var.tag}"
  cron     = "docker.io/acme/cron:2"
  policy   = "arn:aws:iam::aws:policy/ReadOnly"
}
