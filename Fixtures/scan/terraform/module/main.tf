resource "kubernetes_deployment" "shop" {
  spec {
    template {
      spec {
        container { image = var.web }
        container { image = local.api }
        container { image = var.proxy_image }
        container { image = "${local.registry}/front:${var.tag}" }
        container { image = var.plain }
        container { image = var.none }
        container { image = "${var.images.job.name}:${var.images.job.tag}" }
        container { image = local.cron }
      }
    }
  }
}
module "worker" {
  source      = "./modules/worker"
  container   = "ghcr.io/acme/worker:5"
  app_version = "9"
  side        = "memcached"
}
