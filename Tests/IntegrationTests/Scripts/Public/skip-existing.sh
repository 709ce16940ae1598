# Builds only what has no tag yet, as jobs do that run every night.
set -euo pipefail
crane cp "$SOURCE/shapes/oci:v1" "$TARGET/base:1.0"
printf 'data\n' > data.txt
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime='2026-01-01 00:00:00Z' --mode=644 -cf - data.txt | gzip -n > data.tar.gz
for tag in 1.0 1.1 latest; do
  if [ "$tag" != latest ] && crane ls "$TARGET/base" | grep -Fxq "$tag"; then
    echo "skipping $tag: already there"
    continue
  fi
  crane append -b "$TARGET/base:1.0" -f data.tar.gz -t "$TARGET/base:$tag"
done
crane ls "$TARGET/base"
