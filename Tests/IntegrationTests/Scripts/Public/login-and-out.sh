# Logs in with a password from standard input into a folder of its own, asks, and leaves nothing behind.
set -eu
umask 077
export DOCKER_CONFIG=$PWD/auth
mkdir -p "$DOCKER_CONFIG"
crane digest "$LOCKED/team/app:v1" || echo "refused with $?"
printf '%s' secret | crane auth login "$LOCKED" -u ann --password-stdin
crane cp "$SOURCE/shapes/oci:v1" "$LOCKED/team/app:v1"
crane digest "$LOCKED/team/app:v1"
jq -r '.auths[].auth' "$DOCKER_CONFIG/config.json" | base64 -d
echo
echo "$LOCKED" | crane auth get | jq -c .
crane auth get "$LOCKED" | jq -r .Username
crane auth login "$LOCKED" -u ann || echo "no password: $?"
crane auth logout "$LOCKED"
crane ls "$LOCKED/team/app" || echo "refused with $?"
rm -r "$DOCKER_CONFIG"
