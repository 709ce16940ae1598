# Every FROM of a Dockerfile by its digest, so that builds can be repeated.
set -euo pipefail
printf 'FROM %s/shapes/oci:v1 AS build\nRUN make\nFROM %s/shapes/index:v1\nCOPY --from=build /a /a\n' \
  "$SOURCE" "$SOURCE" > Dockerfile
grep '^FROM' Dockerfile | cut -d' ' -f2 | sort -u | while read -r image; do
  pinned=$(crane digest --full-ref "$image")
  sed -i "s|^FROM $image|FROM $pinned|" Dockerfile
done
sed "s|$SOURCE/||" Dockerfile
grep '^FROM' Dockerfile | cut -d' ' -f2 | while read -r image; do crane manifest "$image" | jq -r .mediaType; done
