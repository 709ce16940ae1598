web_image = "docker.io/acme/web:2"
replicas  = 3
