podman run --rm docker://docker.io/library/alpine:3.20 true
trivy image --input built.tar "$IMAGE"
trivy image --severity HIGH quay.io/acme/tool:1
