#!/usr/bin/env bash
# docker run comment:1 is nobody's
set -euo pipefail

docker run --rm -it -v "$PWD:/src" -e A=b redhat/ubi8:8.10 /src/run other:1
docker run \
  --name db --publish=5432:5432 \
  -e "POSTGRES_PASSWORD=it's" \
  postgres:16
podman pull docker.io/library/alpine:3.20 quay.io/a/b:1
nerdctl -n k8s.io run -d --network host registry.k8s.io/pause:3.9
kubectl run t --image=busybox:1.36 -- sh
kubectl -n shop set image deployment/web web=nginx:1.27 'side=ghcr.io/a/side:2'
sudo -E docker pull 'debian:12'
if ! docker image inspect golang:1.24 >/dev/null 2>&1; then docker pull golang:1.24; fi
version=$(docker run --rm "node:22" node --version | tr -d v)
old=`docker run --rm mysql:8 mysqld --version`
echo "docker run printed:1"
echo docker run printed:2
bash -c "docker pull maven:3.9"
ssh host 'cd /srv && docker pull traefik:v3'
cat <<TEXT
docker run in-a-text:1
TEXT
bash -s <<'SCRIPT'
docker pull consul:1.15
SCRIPT
skopeo copy docker://quay.io/a/src:1 docker://registry.example.com/dst:1
skopeo copy oci:layout docker://registry.example.com/dst:1
crane cp ghcr.io/a/b:2 registry.example.com/b:2
gcloud run deploy svc --image us-docker.pkg.dev/cloudrun/container/hello --region x
gcloud compute instances create vm --image debian-12
