# Digests of each platform of an index, and a copy of one of them under a tag of its own.
set -euo pipefail
index=$SOURCE/shapes/index:v1
crane manifest "$index" | jq -r '.manifests[] | [.platform.os + "/" + .platform.architecture, .digest] | @tsv' > platforms.tsv
cat platforms.tsv
while read -r platform digest; do
  [ "$(crane digest --platform "$platform" "$index")" = "$digest" ] && echo "$platform agrees"
  arch=${platform#*/}
  crane copy --platform "$platform" "$index" "$TARGET/split:$arch" 2>&1 | grep -c 'pushed blob' || true
  crane config "$TARGET/split:$arch" | jq -r .architecture
done < platforms.tsv
crane index append -m "$TARGET/split:amd64" -m "$TARGET/split:arm64" -t "$TARGET/split:all" > /dev/null
crane manifest "$TARGET/split:all" | jq -r '.manifests[].digest' | cmp - <(cut -f2 platforms.tsv) && echo "the same children"
crane digest --platform windows/amd64 "$index"
