# Keeps the two newest images of a repository, by the time in their labels, and deletes the others by digest.
set -euo pipefail
repo=$TARGET/app
for day in 3 1 4 2; do
  crane mutate "$SOURCE/shapes/no-layers:v1" -l "org.opencontainers.image.created=2026-02-0${day}T00:00:00Z" \
    -t "$repo:build-$day" > /dev/null
done
crane ls "$repo"
for tag in $(crane ls "$repo"); do
  created=$(crane config "$repo:$tag" | jq -r '.config.Labels["org.opencontainers.image.created"]')
  echo "$created $tag"
done | sort -r > tags.txt
tail -n +3 tags.txt | while read -r created tag; do
  crane delete "$repo@$(crane digest "$repo:$tag")"
  echo "deleted $tag of $created"
done
crane ls "$repo"
