job "web" {
  group "web" {
    task "web" {
      driver = "podman"
      config {
        image = "docker://docker.io/library/redis:7"
      }
    }
  }
}
