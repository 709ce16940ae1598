docker build -t acme/app:1 --build-arg BASE_IMAGE=debian:12 --build-arg VERSION=1.2 .
docker run acme/app:1
docker tag python:3.12 registry.example.com/python:3.12
docker push registry.example.com/python:3.12
docker build --tag "$NAME:dev" .
docker run --rm "$NAME:dev"
MY_IMAGE=registry.example.com/me:1
docker buildx build --build-context base=docker-image://alpine:3.20 -t "$MY_IMAGE" .
docker run $MY_IMAGE
docker push other/app
docker run other/app:latest
