for v in 3.2 3.3; do
  docker pull "ruby:$v-slim"
done
TOOLS=(jq yq)
docker pull "ghcr.io/acme/${TOOLS[0]}:1"
T=1; docker pull a:$T
T=2; docker pull b:$T
for i in redis:7 postgres:16; do docker pull quay.io/mirror/$i; done
