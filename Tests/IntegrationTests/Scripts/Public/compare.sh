# What changed between two images: configs, manifests and files, with diff's exit codes.
image=$SOURCE/shapes/oci:v1
other=$TARGET/changed:v1
crane mutate "$image" --cmd /bin/bash --env TZ=UTC -t "$other" > /dev/null
diff -u <(crane config "$image" | jq -S .config) <(crane config "$other" | jq -S .config) | sed 1,2d
diff -q <(crane export "$image" - | tar tv) <(crane export "$other" - | tar tv) && echo "same files"
diff <(crane manifest "$image" | jq '.layers') <(crane manifest "$other" | jq '.layers') && echo "same layers"
[ "$(crane digest "$image")" = "$(crane digest "$other")" ] || echo "other digest"
crane validate --remote "$other" > /dev/null && echo "whole"
