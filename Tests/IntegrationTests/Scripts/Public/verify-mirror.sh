# Is the mirror whole? The digests of both sides for every image, and every byte of the copy.
set -u
crane cp "$SOURCE/shapes/oci:v1" "$TARGET/m/oci:v1" || exit 1
crane cp "$SOURCE/shapes/index:v1" "$TARGET/m/index:v1" || exit 1
crane cp "$SOURCE/shapes/no-layers:v1" "$TARGET/m/docker:v1" || exit 1
bad=0
for name in oci docker index zstd; do
  want=$(crane digest "$SOURCE/shapes/$name:v1") || exit 2
  have=$(crane digest "$TARGET/m/$name:v1" 2>/dev/null) || { echo "MISSING $name"; bad=$((bad + 1)); continue; }
  [ "$want" = "$have" ] || { echo "DIFFERENT $name"; bad=$((bad + 1)); continue; }
  crane validate --remote "$TARGET/m/$name:v1" > report.txt 2>&1 || { echo "BROKEN $name"; bad=$((bad + 1)); continue; }
  echo "OK $name"
done
echo "$bad of 4 are not as at the source"
[ "$bad" -eq 0 ]
