variable "version" { default = "1.36" }
job "a" {
  group "g" {
    task "t" {
      driver = "docker"
      config {
        image = "busybox:1.36"
        args  = ["image", "x/y:1"]
      }
    }
    task "u" {
      driver = "docker"
      config { image = "busybox:${var.version}" }
    }
    task "v" {
      config { image = "registry.example.com/${NOMAD_META_app}:1" }
      env { WORKER_IMAGE = "quay.io/acme/worker:1" }
    }
  }
}
