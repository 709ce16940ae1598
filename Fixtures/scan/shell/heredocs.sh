#!/bin/bash
TAG=1.27
kubectl apply -f - <<EOF
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - image: nginx:$TAG
  - image: $OPEN
  - {image: "redis:7.2"}
EOF
cat > compose.yaml <<'YAML'
services:
  db:
    image: postgres:${VERSION:-16}
YAML
cat <<-EOF > app.dockerfile
	FROM debian:12 AS build
	RUN make
	EOF
docker build -t own - <<'EOF'
ARG BASE=alpine:3.20
FROM $BASE
EOF
tee values.yaml <<EOF
web:
  image: {repository: ghcr.io/acme/web, tag: "2"}
EOF
python3 - <<'EOF'
from os import path
image = "none:1"
EOF
cat <<EOF
usage: run.sh image: none:2
EOF
