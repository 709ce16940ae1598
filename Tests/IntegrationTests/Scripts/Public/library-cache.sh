# Built libraries kept in a registry: "publish" makes a layer of them, "fetch" takes out what is missing here.
set -euo pipefail
image=$TARGET/ci/libs:v7
fetch() {
  missing=()
  for path in lib/a.so lib/b.so; do [ -e "$path" ] || missing+=("$path"); done
  [ ${#missing[@]} -eq 0 ] || crane export "$image" - | tar -x "${missing[@]}"
}
publish() {
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime='2026-01-01 00:00:00Z' --mode=644 -cf libs.tar lib/*.so
  crane append -f libs.tar -t "$image"
}
crane manifest "$image" > /dev/null || echo "no cache yet"
mkdir -p lib && echo a > lib/a.so && echo b > lib/b.so
publish
rm lib/b.so
fetch
cat lib/a.so lib/b.so
