# Tries again what may pass, and not what never will: decided by the words of the error.
set -u
attempt() {
  for try in 1 2 3; do
    if "$@" > out.txt 2> err.txt; then cat out.txt; return 0; fi
    if grep -qE 'MANIFEST_UNKNOWN|NAME_UNKNOWN|404 Not Found' err.txt; then echo "gone after $try"; return 4; fi
    if grep -qE 'UNAUTHORIZED|401 Unauthorized' err.txt; then echo "not allowed after $try"; return 5; fi
    grep -q 'connection refused' err.txt || { cat err.txt >&2; return 1; }
  done
  echo "nobody there"
  return 3
}
attempt crane digest "$SOURCE/shapes/oci:v1"; echo "= $?"
attempt crane digest "$SOURCE/shapes/oci:v9"; echo "= $?"
attempt crane manifest "$SOURCE/shapes/oci:v9"; echo "= $?"
attempt crane ls "$SOURCE/nosuch"; echo "= $?"
attempt crane manifest "$LOCKED/app:v1"; echo "= $?"
attempt crane cp "$SOURCE/shapes/oci:v1" "$LOCKED/app:v1"; echo "= $?"
attempt crane digest 127.0.0.1:1/app:v1; echo "= $?"
attempt crane config Bad:v1; echo "= $?"
