# One platform of an image with the annotation that a shop wants of every image; read back before it is announced.
set -euo pipefail
key=com.example.marketplace/service.name
value=services/kat.example.com
src=$SOURCE/shapes/index:v1
dst=$TARGET/kat/api:2.0.0-mp
crane copy --platform linux/amd64 "$src" "$dst"
crane mutate --annotation "$key=$value" "$dst"
digest=$(crane digest "$dst")
found=$(crane manifest "$dst" | jq -r --arg key "$key" '.annotations[$key]')
[ "$found" = "$value" ] || { echo "annotation is $found" >&2; exit 1; }
echo "kat/api@$digest"
crane config "$dst" | jq -r '.os + "/" + .architecture'
crane mutate --annotation "$key=$value" "$src" -t "$TARGET/kat/all:2.0.0"
