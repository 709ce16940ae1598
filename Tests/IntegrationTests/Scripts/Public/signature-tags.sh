# An image with the tags that cosign leaves beside it, by hand as scripts do that know nothing of referrers.
set -euo pipefail
image=$TARGET/signed:v1
crane cp "$SOURCE/shapes/oci:v1" "$image"
digest=$(crane digest "$image")
tag=${digest/:/-}
crane cp "$SOURCE/shapes/artifact:v1" "$TARGET/signed:$tag.sig"
crane cp "$SOURCE/shapes/no-layers:v1" "$TARGET/signed:$tag.att"
crane ls "$TARGET/signed" | sed "s/$tag/DIGEST/"
crane ls --omit-digest-tags "$TARGET/signed"
for kind in sig att sbom; do
  if crane manifest "$TARGET/signed:$tag.$kind" > /dev/null 2>&1; then
    crane cp "$TARGET/signed:$tag.$kind" "$TARGET/moved:$tag.$kind"
  else
    echo "no $kind"
  fi
done
gcrane cp "$image" "$TARGET/moved:v1"
crane ls "$TARGET/moved" | wc -l
