# Copies a list of images, says what became of each, and writes a map of names to digests for whoever pins them.
set -u
printf '%s\n' shapes/oci:v1 shapes/nosuch:v1 shapes/index:v1 '# a comment' '' shapes/docker:v1 > images.txt
failed=0
: > map.tsv
while IFS= read -r image; do
  case $image in '' | '#'*) continue ;; esac
  if crane copy "$SOURCE/$image" "$TARGET/mirror/$image" >&2; then
    digest=$(crane digest "$TARGET/mirror/$image" 2>/dev/null || echo unknown)
    printf '%s\t%s\t%s\n' "$image" "mirror/$image" "$digest" >> map.tsv
    echo "ok $image"
  else
    failed=$((failed + 1))
    echo "FAILED $image"
  fi
done < images.txt
cat map.tsv
echo "$failed failed"
exit $((failed > 0))
