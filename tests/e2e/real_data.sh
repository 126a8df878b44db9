#!/bin/bash
# Trains segnet_small on some hundred real pets for an epoch and looks at what comes out: the loss falls, the
# run's files are there, its pictures have the right size.
#
#   tests/e2e/real_data.sh SEGWORK DATA_FOLDER
set -euo pipefail
export LC_ALL=C # numbers are sorted and printed with a point
[[ $# -eq 2 ]] || { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2; }
segwork=$1 data=$2
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
    echo "real_data: $*" >&2
    exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
run=$scratch/run

"$segwork" data stats "$data" | sed -n '1,6p'
"$segwork" run experiments/segnet_small.yaml --no-tune --out "$run" --set data.root="$data" \
    --set data.train_limit=768 --set data.val_limit=84 --set train.epochs=1 --set train.batch_size=16

for file in config.yaml manifest.json log.txt steps.jsonl metrics.jsonl metrics.csv \
    grids/epoch_00.png grids/epoch_01.png checkpoints/last.safetensors checkpoints/best.safetensors; do
    [[ -s $run/$file ]] || fail "$file is missing or empty"
done

# mean loss of the first and of the last quarter of the steps
read -r first last < <(sed 's/.*"loss":\([^,]*\),.*/\1/' "$run/steps.jsonl" | awk '
    { loss[NR] = $1 }
    END { q = int(NR / 4); for (i = 1; i <= q; i++) { a += loss[i]; b += loss[NR - q + i] }; print a / q, b / q }')
awk "BEGIN { exit !($last < 0.95 * $first) }" || fail "the loss goes from $first to $last"

# width and height are big-endian numbers in a PNG's first chunk
png_size() { od -A n -t u1 -j 16 -N 8 "$1" | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }'; }
for epoch in 00 01; do
    png=$run/grids/epoch_$epoch.png
    [[ $(od -A n -c -N 4 "$png" | tr -d ' ') == '211PNG' ]] || fail "$png is no PNG"
    read -r width height < <(png_size "$png")
    # three panels of 7 x 3 pictures of 128 pixels, side by side or stacked
    ((width >= 7 * 128 && height >= 3 * 128 && width * height >= 3 * 21 * 128 * 128)) ||
        fail "$png is ${width}x$height"
done
echo "real_data: loss $first -> $last, grids ${width}x$height: passed"
