# A folder in OCI's layout as a cache between builds: pulled once, pushed as a whole, references kept for signing.
set -euo pipefail
rm -rf cache
gcrane pull --format=oci --annotate-ref "$SOURCE/shapes/index:v1" cache
jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' cache/index.json | sed "s|$SOURCE/||"
gcrane push cache "$TARGET/cached:v1" --image-refs refs.txt
sed "s|$TARGET/||" refs.txt
gcrane pull --format=oci "$SOURCE/shapes/oci:v1" cache
gcrane push cache "$TARGET/cached:all" || echo "refused with $?"
gcrane push --index cache "$TARGET/cached:all"
gcrane index list "$TARGET/cached:all" | wc -l
