#!/bin/sh
: "${CACHE_IMAGE:=redis:7.2}"
: ${DB:=postgres:16}
docker run -d "$CACHE_IMAGE"
docker run -d "$DB"
docker run --rm "${LINT:=hadolint/hadolint:v2.12.0}"
docker run --rm ${TOOL=alpine/git}
docker run --rm "${NONE:?}"
