# Does an image stand on the newest base, or must it be built again? Its first layers tell.
set -euo pipefail
layers() { crane config "$1" | jq -r '.rootfs.diff_ids[]'; }
stands_on() {
  count=$(layers "$2" | wc -l)
  [ "$(layers "$1" | head -n "$count")" = "$(layers "$2")" ]
}
printf 'app\n' > app
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime='2026-01-01 00:00:00Z' --mode=755 -cf app.tar app
gzip -kn app.tar
base=$TARGET/base:v1
crane cp "$SOURCE/shapes/oci:v1" "$base"
crane append -b "$base" -f app.tar.gz -t "$TARGET/app:v1"
crane append -f app.tar.gz -t "$TARGET/app:v2"
for tag in v1 v2; do
  if stands_on "$TARGET/app:$tag" "$base"; then echo "$tag is up to date"; else echo "$tag must be built again"; fi
done
layers "$TARGET/app:v1" | tail -n 1 | grep -q "$(sha256sum app.tar | cut -d' ' -f1)" && echo "the layer is the archive"
