resource "a" "b" {
  image = "docker.io/acme/open:1"
