# What is in an image: its command, the size of its layers, its files, and the files of one layer.
set -euo pipefail
image=$SOURCE/shapes/oci:v1
crane config "$image" | jq -c '{cmd: .config.Cmd, layers: (.rootfs.diff_ids | length)}'
crane manifest "$image" | jq -r '.layers[].mediaType'
crane export "$image" - | tar t
crane export "$image" - | tar xO base.txt | wc -c
top=$(crane manifest "$image" | jq -r '.layers[-1].digest')
crane blob "$SOURCE/shapes/oci@$top" | tar tz
crane export "$image" files.tar && tar tf files.tar | wc -l
crane export --platform linux/arm64 "$SOURCE/shapes/index:v1" - | tar t
crane export "$SOURCE/shapes/nosuch:v1" - | tar t
