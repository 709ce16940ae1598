# A registry for the time of a test: started in the background, waited for, filled, asked and ended.
set -euo pipefail
crane registry serve --address localhost:0 > registry.log 2>&1 &
registry=$!
trap 'kill $registry' EXIT
for _ in $(seq 200); do
  port=$(sed -nr 's/.+serving on port ([0-9]+)/\1/p' registry.log)
  [ -n "$port" ] && crane catalog "localhost:$port" > /dev/null 2>&1 && break
  sleep 0.05
done
here=localhost:$port
crane cp "$SOURCE/shapes/index:v1" "$here/demo:v1" 2> /dev/null
crane tag "$here/demo:v1" stable 2> /dev/null
crane catalog "$here"
crane ls "$here/demo"
crane validate --remote "$here/demo:v1" 2>&1 | sed "s|$here/||"
[ "$(crane digest "$here/demo:stable")" = "$(crane digest "$SOURCE/shapes/index:v1")" ] && echo "same digest"
crane manifest "$here/nosuch:v1" > /dev/null 2>&1 || echo "not there: $?"
