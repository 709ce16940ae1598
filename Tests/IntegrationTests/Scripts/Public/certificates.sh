# A company's certificate into somebody's image, as an archive for a machine without a registry.
set -euo pipefail
mkdir -p etc/ssl/certs && echo certificate > etc/ssl/certs/company.pem
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime='2026-01-01 00:00:00Z' --mode=644 -cf - etc/ssl/certs/company.pem |
  gzip -n > ca.tar.gz
crane mutate "$SOURCE/shapes/docker:v1" --append ca.tar.gz --env SSL_CERT_FILE=/etc/ssl/certs/company.pem \
  --output image.tar --tag "$TARGET/with-ca:v1"
digest=$(crane digest --tarball image.tar)
crane push image.tar "$TARGET/with-ca:v1"
[ "$digest" = "$(crane digest "$TARGET/with-ca:v1")" ] && echo "same digest"
crane validate --tarball image.tar
crane export - - < image.tar | tar t
crane export "$TARGET/with-ca:v1" - | tar xO etc/ssl/certs/company.pem
