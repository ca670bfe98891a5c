#!/bin/sh
# The main job on the built-in sample, each command printed before it runs. `make demo` calls it; $1 is where it works.
set -eu
where=${1:-demo}
started=$(date +%s)

# Bold on a terminal, plain in a log.
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi

run() {
  printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"
  "$@"
}

rm -rf "$where"
mkdir -p "$where"

run galaxy sample "$where/sample"
run galaxy import "$where/sample" "$where/sample.galaxy"
run galaxy search "$where/sample.galaxy" --name demo --storage "$where/runs" --trials 8 --epochs 4 --concurrency 2
run galaxy leaderboard demo --storage "$where/runs"
run galaxy train demo --storage "$where/runs" --epochs 10
run galaxy evaluate "$where/runs/demo/model" "$where/sample.galaxy"
set --
for folder in "$where"/sample/*/; do
  set -- "$@" "$(find "$folder" -name '*.jpg' | sort | head -n 1)"
done
run galaxy classify "$where/runs/demo/model" "$@"

printf '\nDone in %s s. Open the page with:\n\n  .venv/bin/galaxy ui --storage %s\n\n' "$(($(date +%s) - started))" "$where/runs"
