# A repository with all its tags, twice; the second time nothing that is there is overwritten.
set -u
crane cp "$SOURCE/shapes/oci:v1" "$TARGET/from:v1" 2> /dev/null
crane cp "$SOURCE/shapes/docker:v1" "$TARGET/from:v2" 2> /dev/null
crane cp "$SOURCE/shapes/zstd:v1" "$TARGET/to:v2" 2> /dev/null
crane cp --all-tags --no-clobber --jobs 1 "$TARGET/from" "$TARGET/to"
echo "ended with $?"
crane cp -n "$TARGET/from:v1" "$TARGET/to:v1"
echo "ended with $?"
for repository in $(crane catalog "$TARGET"); do
  for tag in $(crane ls "$TARGET/$repository"); do
    echo "$repository:$tag $(crane digest "$TARGET/$repository:$tag")"
  done
done
