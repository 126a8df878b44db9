#!/bin/bash
# example_train.sh PROGRAM: examples/train.c trains: as many losses as steps, and the last is well below the first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" "$work/pets" 24 > "$work/losses"
cat "$work/losses"
awk '$1 == "step" && $2 == NR && $3 == "loss" { last = $4; if (NR == 1) first = $4 }
     END { exit !(NR == 24 && last > 0 && last < 0.8 * first) }' "$work/losses" ||
    { echo "not 24 losses that fall by a fifth" >&2; exit 1; }
"$1" "$work/losses" 2>/dev/null && { echo "a file taken for a folder" >&2; exit 1; }
exit 0
