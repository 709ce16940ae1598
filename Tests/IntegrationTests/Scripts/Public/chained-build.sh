# A folder becomes an image without a Dockerfile, in one line: append prints a name and mutate takes it.
set -euo pipefail
mkdir -p some-dir
printf '#!/bin/sh\necho hello\n' > some-dir/entrypoint.sh
pack() { tar --sort=name --owner=0 --group=0 --numeric-owner --mtime='2026-01-01 00:00:00Z' --mode=a=rX,u+w -cf - "$@"; }
crane mutate "$(
  crane append -f <(pack some-dir) -t "$TARGET/chained:v1"
)" --entrypoint=some-dir/entrypoint.sh -t "$TARGET/chained:v2"
crane config "$TARGET/chained:v2" | jq -c .config
crane export "$TARGET/chained:v2" - | tar xO some-dir/entrypoint.sh
# The same, read from standard input.
pack some-dir | crane append --oci-empty-base -f - -t "$TARGET/chained:v3"
