# Images go to the other side as files: saved here with checksums, carried over, checked and pushed there.
set -euo pipefail
images='shapes/oci:v1 shapes/docker:v1 shapes/no-layers:v1'
mkdir -p bundle
for image in $images; do
  crane pull "$SOURCE/$image" "bundle/$(echo "$image" | tr '/:' '__').tar"
done
(cd bundle && sha256sum -- *.tar > SHA256SUMS)

(cd bundle && sha256sum --quiet -c SHA256SUMS)
for image in $images; do
  file=bundle/$(echo "$image" | tr '/:' '__').tar
  crane push "$file" "$TARGET/offline/$image"
  test "$(crane digest --tarball "$file")" = "$(crane digest "$TARGET/offline/$image")"
  crane validate --remote "$TARGET/offline/$image" | sed "s|$TARGET/||"
  echo "loaded $image"
done
