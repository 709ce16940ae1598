web = "ghcr.io/acme/web:4-rc"
tag = "1.1"
