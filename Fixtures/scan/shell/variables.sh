IMAGE=${IMAGE:-redis:7}
TAG=1.27
docker run "$IMAGE"
docker run nginx:$TAG
docker run "nginx:${TAG}-alpine"
docker run $OPTS busybox:1.36 sh
docker run "${args[@]}" python:3.12 -V
docker run $CONTAINER bash
docker run "$1"
for img in debian:12 ubuntu:24.04; do
  docker pull "$img"
done
list="quay.io/a/one:1 quay.io/a/two:2"
for i in $list; do crictl pull $i; done
images=(
  alpine:3.20   # first
  'alpine:3.21'
)
docker pull "${images[@]}"
if [ -n "$OLD" ]; then DB=postgres:15; else DB=postgres:16; fi
docker run $DB
export EXPORTER_IMAGE="prom/node-exporter:v1.8.2" SPLASH_IMAGE=static/splash.png
VERSION=$(cat VERSION)
docker run ghcr.io/acme/tool:${VERSION}
docker run "acme/tool:$(git describe)"
